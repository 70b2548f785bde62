//! Lists as text.

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Encoding, Str, Value};
use super::super::{Args, Row, arguments};
use super::list;

pub(super) const METHODS: &[Row] = &[
    Row::new("inspect", 0, inspect, "The items in brackets."),
    Row::new("to_s", 0, inspect, "The items in brackets."),
    Row::new(
        "join",
        0,
        join,
        "The texts of the items, with another between them.",
    )
    .to(1),
];

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    if vm.printing.contains(&this.identity()) {
        return Ok(vm.str("[...]"));
    }
    vm.printing.push(this.identity());
    let text = inspected(vm, array);
    vm.printing.pop();
    let text = text?;
    Ok(vm.str(format!("[{text}]")))
}

fn inspected<'h>(vm: &mut Vm<'h>, array: &'h Array<'h>) -> Res<'h, String> {
    let mut text = String::new();
    let mut index = 0;
    while let Some(item) = array.get(index) {
        vm.tick(1)?;
        let shown = vm.inspect(item)?;
        vm.reserve_growing(text.len().saturating_add(shown.len()))?;
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&shown);
        index += 1;
    }
    Ok(text)
}

/// Text that grows.
#[derive(Default)]
struct Joined {
    bytes: Vec<u8>,
    /// Of a part that is not plain ASCII.
    encoding: Option<Encoding>,
}

impl Joined {
    fn add<'h>(&mut self, vm: &mut Vm<'h>, part: &Str<'h>) -> Res<'h, ()> {
        vm.reserve_growing(self.bytes.len().saturating_add(part.len()))?;
        if !part.with(<[u8]>::is_ascii) {
            let encoding = part.encoding.get();
            match self.encoding.replace(encoding) {
                Some(before) if before != encoding => {
                    let text = format!(
                        "incompatible character encodings: {} and {}",
                        encoding_name(before),
                        encoding_name(encoding)
                    );
                    return vm.raise("Encoding::CompatibilityError", text);
                }
                _ => {}
            }
        }
        part.with(|bytes| self.bytes.extend_from_slice(bytes));
        Ok(())
    }
}

fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Binary => "BINARY (ASCII-8BIT)",
        Encoding::UsAscii => "US-ASCII",
    }
}

fn join<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    join_items(vm, array, args.at(0))
}

/// The texts of items and of items of lists inside, with a separator, or nothing for nil.
fn join_items<'h>(vm: &mut Vm<'h>, array: &'h Array<'h>, separator: Value<'h>) -> Res<'h> {
    let separator = match separator {
        Value::Nil => None,
        other => Some(vm.string(other)?),
    };
    let mut joined = Joined::default();
    let mut first = true;
    // Lists that are being joined, with the place in each.
    let mut open = vec![(array, 0)];
    while let Some((list, at)) = open.pop() {
        vm.tick(1)?;
        let Some(item) = list.get(at) else { continue };
        open.push((list, at + 1));
        if let Some(inside) = inside(vm, item)? {
            vm.tick(open.len() / 16)?;
            if open.iter().any(|(list, _)| std::ptr::eq(*list, inside)) {
                return vm.raise("ArgumentError", "recursive array join");
            }
            // An empty list inside has no text, but separators around it.
            if inside.is_empty() {
                separate(vm, &mut joined, separator, &mut first)?;
            }
            open.push((inside, 0));
            continue;
        }
        separate(vm, &mut joined, separator, &mut first)?;
        if let Value::String(text) = text_of(vm, item)? {
            joined.add(vm, text)?;
        }
    }
    let encoding = joined.encoding.unwrap_or(Encoding::Utf8);
    Ok(vm.bytes(joined.bytes, encoding))
}

fn separate<'h>(
    vm: &mut Vm<'h>,
    joined: &mut Joined,
    separator: Option<&'h Str<'h>>,
    first: &mut bool,
) -> Res<'h, ()> {
    let begun = !std::mem::replace(first, false);
    match separator {
        Some(separator) if begun => joined.add(vm, separator),
        _ => Ok(()),
    }
}

/// The list that an item of a joined list is; texts come first.
fn inside<'h>(vm: &mut Vm<'h>, item: Value<'h>) -> Res<'h, Option<&'h Array<'h>>> {
    if matches!(item, Value::Object(_)) && vm.responds(item, known::TO_STR) {
        return Ok(None);
    }
    arguments::try_array(vm, item)
}

fn text_of<'h>(vm: &mut Vm<'h>, item: Value<'h>) -> Res<'h> {
    if matches!(item, Value::Object(_)) && vm.responds(item, known::TO_STR) {
        return Ok(Value::String(vm.string(item)?));
    }
    vm.to_s(item)
}
