//! Hashes as text: in Ruby 3.4 keys that are symbols stand before a colon, before that everything stood before `=>`.

use super::super::super::eval::{Version, Vm};
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Value};
use super::super::{Args, Row};
use super::own;

pub(super) const METHODS: &[Row] = &[
    Row::new("inspect", 0, inspect, "The entries in braces."),
    Row::new("to_s", 0, inspect, "The entries in braces."),
];

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    if hash.is_empty() {
        return Ok(vm.str("{}"));
    }
    if vm.printing.contains(&this.identity()) {
        return Ok(vm.str("{...}"));
    }
    vm.printing.push(this.identity());
    let text = inspected(vm, hash);
    vm.printing.pop();
    let text = text?;
    Ok(vm.str(format!("{{{text}}}")))
}

fn inspected<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>) -> Res<'h, String> {
    let mut text = String::new();
    for (key, value) in hash.entries() {
        vm.tick(1)?;
        let shown = entry(vm, key, value)?;
        vm.reserve_growing(text.len().saturating_add(shown.len()))?;
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&shown);
    }
    Ok(text)
}

fn entry<'h>(vm: &mut Vm<'h>, key: Value<'h>, value: Value<'h>) -> Res<'h, String> {
    let shown = vm.inspect(key)?;
    let value = vm.inspect(value)?;
    if vm.world.version == Version::Ruby31 {
        return Ok(format!("{shown}=>{value}"));
    }
    let Value::Symbol(name) = key else {
        return Ok(format!("{shown} => {value}"));
    };
    let name = vm.name(name);
    Ok(match shown.strip_prefix(':') {
        Some(quoted) if quoted.starts_with('"') => format!("{quoted}: {value}"),
        Some(plain) if can_be_label(plain) => format!("{plain}: {value}"),
        _ => format!("\"{name}\": {value}"),
    })
}

/// Whether a name that needs no quotes behind a colon needs none before it.
fn can_be_label(name: &str) -> bool {
    !name.starts_with(['@', '$', '!'])
        && !name.ends_with(|last: char| "+-*/`%^&|]<=>~@".contains(last))
}
