//! What a template cannot do: touch the world around it.

use super::super::eval::Vm;
use super::super::unwind::Res;

/// Raises what everything raises that would touch files, processes or the network. It is a `SecurityError`-like error
/// below `RuntimeError`, so that a template's `rescue => error` goes on as it would where the file is missing.
pub(super) fn forbidden<'h, T>(vm: &mut Vm<'h>, what: &str) -> Res<'h, T> {
    vm.raise(
        "RuntimeError",
        format!("templates cannot touch files: {what}"),
    )
}
