//! Walking what has `each`.

use super::super::methods::Args;
use super::super::symbol::{Symbol, known};
use super::super::unwind::{Res, Unwind};
use super::super::value::{Array, Hash, Range, Value};
use super::Vm;

/// Whether a walk goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// To the next item.
    Next,
    /// No further.
    Stop,
}

impl<'h> Vm<'h> {
    /// Walks the items of anything with `each`; several values of one step come as one list. The closure keeps what
    /// it finds in cells and lists of the heap.
    pub fn walk<F>(&mut self, receiver: Value<'h>, step: F) -> Res<'h, ()>
    where
        F: Fn(&mut Vm<'h>, Value<'h>) -> Res<'h, Flow> + 'h,
    {
        self.walk_values(receiver, move |vm, values| {
            let item = vm.packed(values);
            step(vm, item)
        })
    }

    /// Walks the items of anything with `each`; several values of one step come as they are.
    pub fn walk_values<F>(&mut self, receiver: Value<'h>, step: F) -> Res<'h, ()>
    where
        F: Fn(&mut Vm<'h>, &[Value<'h>]) -> Res<'h, Flow> + 'h,
    {
        match receiver {
            Value::Array(array) => self.walk_array(array, step),
            Value::Hash(hash) => self.walk_hash(hash, step),
            Value::Range(range) => self.walk_range(range, step),
            _ => self.walk_each(receiver, step).map(drop),
        }
    }

    /// The values of one step as one: several are a list.
    pub fn packed(&mut self, values: &[Value<'h>]) -> Value<'h> {
        match values {
            [] => Value::Nil,
            [single] => *single,
            several => self.array(several.to_vec()),
        }
    }

    /// Walks all items.
    pub fn each<F>(&mut self, receiver: Value<'h>, step: F) -> Res<'h, ()>
    where
        F: Fn(&mut Vm<'h>, Value<'h>) -> Res<'h, ()> + 'h,
    {
        self.walk(receiver, move |vm, item| {
            step(vm, item)?;
            Ok(Flow::Next)
        })
    }

    /// All items as a list.
    pub fn items(&mut self, receiver: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
        if let Value::Array(array) = receiver {
            Ok(array.to_vec())
        } else {
            let found = self.new_array(Vec::new());
            self.each(receiver, move |vm, item| {
                vm.heap.take(size_of::<Value<'_>>());
                found.push(item);
                Ok(())
            })?;
            Ok(found.to_vec())
        }
    }

    fn walk_array<F>(&mut self, array: &'h Array<'h>, step: F) -> Res<'h, ()>
    where
        F: Fn(&mut Vm<'h>, &[Value<'h>]) -> Res<'h, Flow> + 'h,
    {
        let mut index = 0;
        while let Some(item) = array.get(index) {
            self.tick(1)?;
            if step(self, &[item])? == Flow::Stop {
                break;
            }
            index += 1;
        }
        Ok(())
    }

    /// Walks a hash: while this lasts, no key can be added.
    fn walk_hash<F>(&mut self, hash: &'h Hash<'h>, step: F) -> Res<'h, ()>
    where
        F: Fn(&mut Vm<'h>, &[Value<'h>]) -> Res<'h, Flow> + 'h,
    {
        hash.walkers.set(hash.walkers.get() + 1);
        let result = self.walk_entries(hash, step);
        hash.walkers.set(hash.walkers.get() - 1);
        result
    }

    fn walk_entries<F>(&mut self, hash: &'h Hash<'h>, step: F) -> Res<'h, ()>
    where
        F: Fn(&mut Vm<'h>, &[Value<'h>]) -> Res<'h, Flow> + 'h,
    {
        let mut place = 0;
        while let Some((next, key, value)) = hash.entry_from(place) {
            self.tick(1)?;
            let pair = self.array(vec![key, value]);
            if step(self, &[pair])? == Flow::Stop {
                break;
            }
            place = next;
        }
        Ok(())
    }

    fn walk_range<F>(&mut self, range: &'h Range<'h>, step: F) -> Res<'h, ()>
    where
        F: Fn(&mut Vm<'h>, &[Value<'h>]) -> Res<'h, Flow> + 'h,
    {
        let (first, last) = match (range.first, range.last) {
            (Value::Integer(first), Value::Integer(last)) => (first, last),
            (Value::Integer(first), Value::Nil) => (first, i64::MAX),
            _ => return self.walk_each(Value::Range(range), step).map(drop),
        };
        let left_out = range.exclusive && !range.last.is_nil();
        let Some(last) = last.checked_sub(i64::from(left_out)) else {
            return Ok(());
        };
        for number in first..=last {
            self.tick(1)?;
            if step(self, &[Value::Integer(number)])? == Flow::Stop {
                return Ok(());
            }
        }
        if range.last.is_nil() {
            return self.unsupported("an endless range beyond 64 bits");
        }
        Ok(())
    }

    /// Walks by calling `each` with a block, and returns what that returns; nil for a walk that was stopped.
    pub(in super::super) fn walk_each<F>(&mut self, receiver: Value<'h>, step: F) -> Res<'h>
    where
        F: Fn(&mut Vm<'h>, &[Value<'h>]) -> Res<'h, Flow> + 'h,
    {
        let stop = self.next_activation();
        let block = self.native_block(-1, move |vm, args| {
            vm.tick(1)?;
            match step(vm, args.values)? {
                Flow::Next => Ok(Value::Nil),
                Flow::Stop => Err(Unwind::Stop(stop)),
            }
        });
        let args = Args {
            values: &[],
            keywords: None,
            block: Some(block),
        };
        match self.call_full(receiver, known::EACH, &args) {
            Err(Unwind::Stop(of)) if of == stop => Ok(Value::Nil),
            result => result,
        }
    }

    /// What a method returns when it gets no block: an enumerator that calls it later. Its insides are receiver,
    /// name, arguments and keywords.
    pub(in super::super) fn enumerator(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        args: &Args<'_, 'h>,
    ) -> Value<'h> {
        let values = self.array(args.values.to_vec());
        let keywords = args.keywords.map_or(Value::Nil, Value::Hash);
        let slots = vec![receiver, Value::Symbol(name), values, keywords];
        self.object_with("Enumerator", slots)
    }
}
