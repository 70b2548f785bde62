//! What a template cannot do: touch the world around it.
//!
//! Both raise RuntimeError, so that a template that rescues sees them as it would see a file that is not there.

use super::super::eval::Vm;
use super::super::unwind::Res;

/// Raises what everything raises that would touch files.
pub(super) fn forbidden<'h, T>(vm: &mut Vm<'h>, what: &str) -> Res<'h, T> {
    let message = format!("templates cannot touch files: {what}");
    vm.raise("RuntimeError", message)
}

/// Raises what everything raises that would start or end a process.
pub(super) fn no_process<'h, T>(vm: &mut Vm<'h>, what: &str) -> Res<'h, T> {
    let message = format!("templates cannot start processes: {what}");
    vm.raise("RuntimeError", message)
}
