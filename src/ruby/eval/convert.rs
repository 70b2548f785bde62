//! Implicit conversions of arguments, and errors of what knows no values.

use num_bigint::BigInt;

use super::super::number::float;
use super::super::raised::Raised;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Str, Value};
use super::Vm;
use super::equality::big;

impl<'h> Vm<'h> {
    /// Raises what a function without values says, or ends the run where it refuses.
    pub fn raised<T>(&mut self, raised: Raised) -> Res<'h, T> {
        match raised.class.name() {
            Some(class) => self.raise(class, raised.message),
            None => self.unsupported(raised.message),
        }
    }

    /// The result of a function without values.
    pub fn lift<T>(&mut self, result: Result<T, Raised>) -> Res<'h, T> {
        match result {
            Ok(value) => Ok(value),
            Err(raised) => self.raised(raised),
        }
    }

    /// An argument that must be an integer: floats lose their fraction, objects are asked for `to_int`.
    pub fn whole(&mut self, value: Value<'h>) -> Res<'h, BigInt> {
        match value {
            Value::Float(value) => self.lift(float::to_integer(value)),
            Value::Object(_) if self.responds(value, known::TO_INT) => {
                let made = self.call_method(value, known::TO_INT, &[])?;
                match big(made) {
                    Some(made) => Ok(made),
                    None => self.wrong_conversion(value, "Integer", "to_int", made),
                }
            }
            _ => match big(value) {
                Some(value) => Ok(value),
                None => self.no_conversion(value, "Integer"),
            },
        }
    }

    /// An argument that must be an integer of 64 bits, as an index or a count.
    pub fn long(&mut self, value: Value<'h>) -> Res<'h, i64> {
        if let Value::Integer(value) = value {
            return Ok(value);
        }
        if value.is_nil() {
            return self.raise("TypeError", "no implicit conversion from nil to integer");
        }
        if let Value::Float(float) = value {
            // Two to the power of 63: what is not below it has no place in 64 bits.
            const BEYOND: f64 = 9_223_372_036_854_775_808.0;
            if !(-BEYOND..BEYOND).contains(&float) {
                let shown = float_in_error(float);
                return self.raise(
                    "RangeError",
                    format!("float {shown} out of range of integer"),
                );
            }
        }
        let whole = self.whole(value)?;
        match i64::try_from(&whole) {
            Ok(whole) => Ok(whole),
            Err(_) => self.raise("RangeError", "bignum too big to convert into 'long'"),
        }
    }

    /// An argument that must be a string; objects are asked for `to_str`.
    pub fn string(&mut self, value: Value<'h>) -> Res<'h, &'h Str<'h>> {
        match value {
            Value::String(string) => Ok(string),
            Value::Object(_) if self.responds(value, known::TO_STR) => {
                match self.call_method(value, known::TO_STR, &[])? {
                    Value::String(string) => Ok(string),
                    made => self.wrong_conversion(value, "String", "to_str", made),
                }
            }
            _ => self.no_conversion(value, "String"),
        }
    }

    /// Raises TypeError about a conversion that gave something else.
    pub fn wrong_conversion<T>(
        &mut self,
        value: Value<'h>,
        into: &str,
        method: &str,
        made: Value<'h>,
    ) -> Res<'h, T> {
        let class = self.kind_word(value);
        let made = self.class_of(made).real();
        let made = self.class_name(made);
        self.raise(
            "TypeError",
            format!("can't convert {class} to {into} ({class}#{method} gives {made})"),
        )
    }
}

/// A float as errors about ranges print it.
fn float_in_error(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Inf" } else { "-Inf" }.to_owned();
    }
    let text = float::float_to_s(value);
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
