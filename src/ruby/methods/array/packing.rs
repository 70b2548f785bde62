//! `Array#pack`.

use super::super::super::eval::Vm;
use super::super::super::pack;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};
use super::list;

pub(super) const METHODS: &[Row] = &[Row::new(
    "pack",
    1,
    pack_items,
    "The items as bytes, as a template says.",
)
.keywords(&["buffer"])];

/// Bytes a packed string may have for each item and letter; far above what templates need.
const MOST: usize = 64 << 20;

fn pack_items<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.keyword(vm, "buffer").is_some() {
        return vm.unsupported("Array#pack with a buffer");
    }
    let template = vm.string(args.at(0))?.text();
    let mut values = Vec::new();
    for item in list(vm, this)?.to_vec() {
        vm.tick(1)?;
        values.push(packable(vm, item)?);
    }
    let packed = vm.lift(pack::pack(&values, &template, MOST))?;
    vm.reserve(packed.bytes.len())?;
    let encoding = match packed.encoding {
        pack::Encoding::Ascii => Encoding::UsAscii,
        pack::Encoding::Utf8 => Encoding::Utf8,
        pack::Encoding::Binary => Encoding::Binary,
    };
    Ok(vm.bytes(packed.bytes, encoding))
}

fn packable<'h>(vm: &mut Vm<'h>, item: Value<'h>) -> Res<'h, pack::Value> {
    Ok(match item {
        Value::Nil => pack::Value::Nil,
        Value::Integer(number) => pack::Value::Integer(number.into()),
        Value::Big(number) => pack::Value::Integer(number.clone()),
        Value::Float(number) => pack::Value::Float(number),
        Value::String(text) => pack::Value::Bytes(text.bytes()),
        Value::Object(_) if vm.responds(item, known::TO_STR) => {
            pack::Value::Bytes(vm.string(item)?.bytes())
        }
        other => return vm.no_conversion(other, "Integer"),
    })
}
