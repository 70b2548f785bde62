//! `Set`.

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::ClassDefinition;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[];

/// A set of the items of something.
pub(super) fn from_items<'h>(vm: &mut Vm<'h>, _: Value<'h>) -> Res<'h> {
    vm.unsupported("Set")
}
