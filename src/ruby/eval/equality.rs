//! Equality, order, and finding keys in hashes.

use std::cmp::Ordering;
use std::hash::Hasher;

use num_bigint::BigInt;

use super::super::hash::code_of_bytes;
use super::super::methods::Args;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Array, Encoding, Hash, Str, Value};
use super::{Env, Vm};

impl<'h> Vm<'h> {
    /// `a == b`
    pub fn equal(&mut self, a: Value<'h>, b: Value<'h>) -> Res<'h, bool> {
        match (a, b) {
            (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(&b) == Some(Ordering::Equal)),
            (Value::String(a), Value::String(b)) => Ok(same_text(a, b)),
            (Value::Array(a), Value::Array(b)) => self.arrays_equal(a, b, Self::equal),
            (Value::Hash(a), Value::Hash(b)) => self.hashes_equal(a, b, Self::equal),
            (Value::Range(a), Value::Range(b)) => Ok(a.exclusive == b.exclusive
                && self.equal(a.first, b.first)?
                && self.equal(a.last, b.last)?),
            (Value::Regexp(a), Value::Regexp(b)) => {
                Ok(a.regex.source() == b.regex.source() && a.regex.options() == b.regex.options())
            }
            (Value::Object(_), _) if !a.same(b) => {
                Ok(self.call_method(a, known::EQUAL, &[b])?.truthy())
            }
            (_, Value::Object(_)) if is_number(a) || matches!(a, Value::String(_)) => {
                self.equal_to_object(a, b)
            }
            _ if is_number(a) && is_number(b) => {
                Ok(self.number_order(a, b) == Some(Ordering::Equal))
            }
            (Value::Method(a), Value::Method(b)) => {
                Ok(a.name == b.name && a.receiver.zip(b.receiver).is_some_and(|(a, b)| a.same(b)))
            }
            _ => Ok(a.same(b)),
        }
    }

    /// A number or string asks the object on the other side.
    fn equal_to_object(&mut self, a: Value<'h>, b: Value<'h>) -> Res<'h, bool> {
        if let Value::String(_) = a
            && !self.responds(b, known::TO_STR)
        {
            return Ok(false);
        }
        Ok(self.call_method(b, known::EQUAL, &[a])?.truthy())
    }

    /// `a.eql?(b)`: without conversion between kinds of numbers.
    pub fn eql(&mut self, a: Value<'h>, b: Value<'h>) -> Res<'h, bool> {
        match (a, b) {
            (Value::Integer(a), Value::Integer(b)) => Ok(a == b),
            (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(&b) == Some(Ordering::Equal)),
            (Value::String(a), Value::String(b)) => Ok(same_text(a, b)),
            (Value::Array(a), Value::Array(b)) => self.arrays_equal(a, b, Self::eql),
            (Value::Hash(a), Value::Hash(b)) => self.hashes_equal(a, b, Self::eql),
            (Value::Object(_), Value::Object(_)) if !a.same(b) => {
                Ok(self.call_method(a, known::EQL, &[b])?.truthy())
            }
            (Value::Range(_), Value::Range(_)) | (Value::Regexp(_), Value::Regexp(_)) => {
                self.equal(a, b)
            }
            _ => Ok(a.same(b)),
        }
    }

    fn arrays_equal(
        &mut self,
        a: &'h Array<'h>,
        b: &'h Array<'h>,
        equal: fn(&mut Self, Value<'h>, Value<'h>) -> Res<'h, bool>,
    ) -> Res<'h, bool> {
        if std::ptr::eq(a, b) {
            return Ok(true);
        }
        if a.len() != b.len() {
            return Ok(false);
        }
        self.deeper(|vm| {
            let mut index = 0;
            while let (Some(left), Some(right)) = (a.get(index), b.get(index)) {
                vm.tick(1)?;
                if !equal(vm, left, right)? {
                    return Ok(false);
                }
                index += 1;
            }
            Ok(a.len() == b.len())
        })
    }

    fn hashes_equal(
        &mut self,
        a: &'h Hash<'h>,
        b: &'h Hash<'h>,
        equal: fn(&mut Self, Value<'h>, Value<'h>) -> Res<'h, bool>,
    ) -> Res<'h, bool> {
        if std::ptr::eq(a, b) {
            return Ok(true);
        }
        if a.len() != b.len() {
            return Ok(false);
        }
        self.deeper(|vm| {
            vm.tick(a.len() / 16)?;
            for (key, value) in a.entries() {
                vm.tick(1)?;
                let Some(other) = vm.hash_get(b, key)? else {
                    return Ok(false);
                };
                if !equal(vm, value, other)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// `pattern === value` where `env` stands: a regular expression sets its `$~`.
    pub(super) fn case_equal_in(
        &mut self,
        pattern: Value<'h>,
        value: Value<'h>,
        env: Env<'h>,
    ) -> Res<'h, bool> {
        let outer = self.caller.replace(env.context);
        let result = self.case_equal(pattern, value);
        self.caller = outer;
        result
    }

    /// `pattern === value`, where a regular expression sets `$~` of the method that called the library.
    pub fn case_equal(&mut self, pattern: Value<'h>, value: Value<'h>) -> Res<'h, bool> {
        match pattern {
            Value::Nil
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Symbol(_)
            | Value::String(_) => self.equal(pattern, value),
            _ => Ok(self
                .call_from_caller(pattern, known::CASE_EQUAL, &Args::of(&[value]))?
                .truthy()),
        }
    }

    /// `a <=> b`; `None` where they do not compare.
    pub fn compare(&mut self, a: Value<'h>, b: Value<'h>) -> Res<'h, Option<Ordering>> {
        match (a, b) {
            (Value::Integer(a), Value::Integer(b)) => return Ok(Some(a.cmp(&b))),
            (Value::String(a), Value::String(b)) => {
                return Ok(Some(a.with(|left| b.with(|right| left.cmp(right)))));
            }
            _ if is_number(a) && is_number(b) => return Ok(self.number_order(a, b)),
            _ => {}
        }
        if !self.responds(a, known::COMPARE) {
            return Ok(None);
        }
        let result = self.call_method(a, known::COMPARE, &[b])?;
        Ok(match result {
            Value::Nil => None,
            _ => self.number_order(result, Value::Integer(0)),
        })
    }

    /// `a <=> b`, where what does not compare raises as sorting does.
    pub fn order(&mut self, a: Value<'h>, b: Value<'h>) -> Res<'h, Ordering> {
        match self.compare(a, b)? {
            Some(order) => Ok(order),
            None => self.comparison_failed(a, b),
        }
    }

    /// Raises `comparison of X with Y failed`.
    pub fn comparison_failed<T>(&mut self, a: Value<'h>, b: Value<'h>) -> Res<'h, T> {
        let class = self.class_of(a).real();
        let left = self.class_name(class);
        let special = matches!(
            b,
            Value::Nil | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Symbol(_)
        );
        let right = if special {
            self.inspect(b)?
        } else {
            let class = self.class_of(b).real();
            self.class_name(class)
        };
        self.raise(
            "ArgumentError",
            format!("comparison of {left} with {right} failed"),
        )
    }

    /// The order of two numbers; `None` with a NaN or for what is no number.
    pub fn number_order(&self, a: Value<'h>, b: Value<'h>) -> Option<Ordering> {
        match (a, b) {
            (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(&b)),
            (Value::Float(a), Value::Float(b)) => a.partial_cmp(&b),
            (Value::Float(a), b) => float_order(a, &big(b)?),
            (a, Value::Float(b)) => float_order(b, &big(a)?).map(Ordering::reverse),
            (a, b) => Some(big(a)?.cmp(&big(b)?)),
        }
    }

    /// The code of a key, equal for keys that are `eql?`.
    pub fn hash_code(&mut self, key: Value<'h>) -> Res<'h, u64> {
        Ok(match key {
            Value::String(string) => string.with(code_of_bytes),
            Value::Integer(value) => mix(1, value.cast_unsigned()),
            Value::Symbol(symbol) => mix(2, u64::from(symbol.0)),
            // Minus zero and zero are the same key.
            Value::Float(value) => mix(3, (value + 0.0).to_bits()),
            Value::Big(value) => {
                let mut hasher = rustc_hash::FxHasher::default();
                std::hash::Hash::hash(value, &mut hasher);
                hasher.finish()
            }
            Value::Array(array) => self.deeper(|vm| {
                let mut code = mix(4, array.len() as u64);
                let mut index = 0;
                while let Some(item) = array.get(index) {
                    vm.tick(1)?;
                    code = mix(code, vm.hash_code(item)?);
                    index += 1;
                }
                Ok(code)
            })?,
            Value::Hash(hash) => self.deeper(|vm| {
                // The order of entries does not count.
                let mut code = mix(5, hash.len() as u64);
                for (key, value) in hash.entries() {
                    vm.tick(1)?;
                    let key = vm.hash_code(key)?;
                    code = code.wrapping_add(mix(key, vm.hash_code(value)?));
                }
                Ok(code)
            })?,
            Value::Range(range) => {
                let first = self.hash_code(range.first)?;
                mix(mix(6, first), self.hash_code(range.last)?)
            }
            Value::Regexp(regexp) => code_of_bytes(regexp.regex.source().as_bytes()),
            Value::Object(_) => match self.call_method(key, known::HASH, &[])? {
                Value::Integer(code) => mix(7, code.cast_unsigned()),
                other => mix(7, other.identity() as u64),
            },
            _ => mix(8, key.identity() as u64),
        })
    }

    fn place(&mut self, hash: &'h Hash<'h>, key: Value<'h>) -> Res<'h, (u64, Option<usize>)> {
        if hash.by_identity.get() {
            let code = mix(9, key.identity() as u64);
            let candidates = hash.candidates(code);
            let found = candidates.iter().find(|(_, known)| known.same(key));
            return Ok((code, found.map(|(place, _)| *place)));
        }
        let code = self.hash_code(key)?;
        let candidates = hash.candidates(code);
        for (place, known) in candidates {
            self.tick(1)?;
            if known.same(key) || self.eql(key, known)? {
                return Ok((code, Some(place)));
            }
        }
        Ok((code, None))
    }

    /// The value of a key, without regard to defaults.
    pub fn hash_get(&mut self, hash: &'h Hash<'h>, key: Value<'h>) -> Res<'h, Option<Value<'h>>> {
        let (_, place) = self.place(hash, key)?;
        Ok(place.and_then(|place| hash.value_at(place)))
    }

    /// `hash[key]`: the value, or the default.
    pub fn hash_index(&mut self, hash: &'h Hash<'h>, key: Value<'h>) -> Res<'h> {
        if let Some(value) = self.hash_get(hash, key)? {
            return Ok(value);
        }
        match hash.default_proc.get() {
            Some(default) => self.yield_values(default, &[Value::Hash(hash), key]),
            None => Ok(hash.default.get()),
        }
    }

    /// Sets a key: a new one comes last, and one that is a string is copied and frozen. The caller has asked whether
    /// the hash is frozen.
    pub fn hash_set(
        &mut self,
        hash: &'h Hash<'h>,
        key: Value<'h>,
        value: Value<'h>,
    ) -> Res<'h, ()> {
        let (code, place) = self.place(hash, key)?;
        if let Some(place) = place {
            hash.set_value_at(place, value);
            return Ok(());
        }
        if hash.walkers.get() > 0 {
            return self.raise(
                "RuntimeError",
                "can't add a new key into hash during iteration",
            );
        }
        let key = self.hash_key(hash, key);
        self.heap.take(64);
        hash.add(code, key, value);
        Ok(())
    }

    fn hash_key(&mut self, hash: &'h Hash<'h>, key: Value<'h>) -> Value<'h> {
        match key {
            Value::String(string) if !string.frozen.get() && !hash.by_identity.get() => {
                let copy = self.new_str(string.bytes(), string.encoding.get());
                copy.frozen.set(true);
                Value::String(copy)
            }
            _ => key,
        }
    }

    /// Takes a key out and returns its value.
    pub fn hash_delete(
        &mut self,
        hash: &'h Hash<'h>,
        key: Value<'h>,
    ) -> Res<'h, Option<Value<'h>>> {
        let (_, place) = self.place(hash, key)?;
        Ok(place.and_then(|place| hash.delete_at(place)))
    }
}

/// Whether two strings are equal to `==`: the same bytes, read the same way unless they are all ASCII.
fn same_text(a: &Str<'_>, b: &Str<'_>) -> bool {
    let same = a.with(|left| b.with(|right| left == right));
    let (left, right) = (a.encoding.get(), b.encoding.get());
    same && (left == right
        || left == Encoding::UsAscii
        || right == Encoding::UsAscii
        || a.with(<[u8]>::is_ascii))
}

pub(in super::super) fn is_number(value: Value<'_>) -> bool {
    matches!(value, Value::Integer(_) | Value::Big(_) | Value::Float(_))
}

/// An integer as a big one.
pub(in super::super) fn big(value: Value<'_>) -> Option<BigInt> {
    match value {
        Value::Integer(value) => Some(BigInt::from(value)),
        Value::Big(value) => Some(value.clone()),
        _ => None,
    }
}

/// The exact order of a float and an integer.
fn float_order(a: f64, b: &BigInt) -> Option<Ordering> {
    if a.is_nan() {
        return None;
    }
    if a.is_infinite() {
        return Some(if a > 0.0 {
            Ordering::Greater
        } else {
            Ordering::Less
        });
    }
    let whole = num_bigint::ToBigInt::to_bigint(&a.trunc())?;
    Some(
        whole
            .cmp(b)
            .then_with(|| a.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal)),
    )
}

fn mix(a: u64, b: u64) -> u64 {
    (a.rotate_left(23) ^ b)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}
