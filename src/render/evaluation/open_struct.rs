//! OpenStructs in place of hashes.

use crate::ruby::eval::Vm;
use crate::ruby::symbol::known;
use crate::ruby::unwind::Res;
use crate::ruby::value::Value;

/// Ruby's class.
pub(super) const OPEN_STRUCT: &str = "OpenStruct";
/// The class that `spec` is made of: its `methods(false)` lists attributes alone.
pub(super) const SPEC_STRUCT: &str =
    "Bosh::Common::Template::EvaluationContext::BackCompatOpenStruct";

/// A value with objects of that class in place of all hashes, also of those in lists. Other objects stay the same.
pub(super) fn open_struct<'h>(vm: &mut Vm<'h>, value: Value<'h>, class: &str) -> Res<'h> {
    match value {
        Value::Hash(hash) => {
            let table = vm.new_hash();
            for (key, value) in hash.entries() {
                let value = vm.deeper(|vm| open_struct(vm, value, class))?;
                let key = attribute(vm, key)?;
                vm.tick(1)?;
                vm.hash_set(table, key, value)?;
            }
            Ok(vm.open_struct(class, table))
        }
        Value::Array(array) => {
            let mut items = Vec::with_capacity(array.len());
            for item in array.to_vec() {
                vm.tick(1)?;
                items.push(vm.deeper(|vm| open_struct(vm, item, class))?);
            }
            Ok(vm.array(items))
        }
        other => Ok(other),
    }
}

fn attribute<'h>(vm: &mut Vm<'h>, key: Value<'h>) -> Res<'h> {
    match key {
        Value::String(text) => {
            let name = text.text();
            Ok(Value::Symbol(vm.symbol(&name)))
        }
        Value::Symbol(_) => Ok(key),
        other => vm.call_method(other, known::TO_SYM, &[]),
    }
}
