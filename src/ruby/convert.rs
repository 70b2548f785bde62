//! The only bridge between plain data ([`Data`]) and the values of a run.

use num_bigint::BigInt;

use super::eval::Vm;
use super::unwind::Res;
use super::value::{Encoding, Value};
use crate::yaml::Value as Data;

/// Plain data as objects: order of keys, integers of any size and the difference between 1 and 1.0 stay. Strings that
/// are keys are frozen, as Ruby's own hashes have them.
pub fn to_ruby<'h>(vm: &mut Vm<'h>, data: &Data) -> Res<'h> {
    Ok(match data {
        Data::Null => Value::Nil,
        Data::Bool(value) => Value::Bool(*value),
        Data::Integer(number) => Value::Integer(*number),
        Data::Unsigned(number) => vm.integer(BigInt::from(*number)),
        Data::BigInteger(digits) => vm.integer(digits.parse().unwrap_or_default()),
        Data::Float(number) => Value::Float(*number),
        Data::String(text) => vm.str(text.as_str()),
        Data::Symbol(name) => Value::Symbol(vm.symbol(name)),
        Data::Binary(bytes) => vm.bytes(bytes.clone(), Encoding::Binary),
        Data::Sequence(items) => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(to_ruby(vm, item)?);
            }
            vm.array(values)
        }
        Data::Mapping(entries) => {
            let hash = vm.new_hash();
            for (key, value) in entries {
                let key = to_ruby(vm, key)?;
                if let Value::String(key) = key {
                    key.frozen.set(true);
                }
                let value = to_ruby(vm, value)?;
                vm.hash_set(hash, key, value)?;
            }
            Value::Hash(hash)
        }
    })
}

/// Objects as plain data; symbols become texts. What data cannot hold is refused.
pub fn from_ruby<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Data> {
    Ok(match value {
        Value::Nil => Data::Null,
        Value::Bool(value) => Data::Bool(value),
        Value::Integer(number) => Data::Integer(number),
        Value::Big(number) => match u64::try_from(number) {
            Ok(number) => Data::Unsigned(number),
            Err(_) => Data::BigInteger(number.to_string()),
        },
        Value::Float(number) => Data::Float(number),
        Value::Symbol(name) => Data::String(vm.name(name).to_owned()),
        Value::String(text) => match text.valid_text() {
            Some(text) => Data::String(text),
            None => Data::Binary(text.bytes()),
        },
        Value::Array(array) => {
            let items = array.to_vec();
            Data::Sequence(vm.deeper(|vm| {
                let items = items.into_iter();
                items.map(|item| from_ruby(vm, item)).collect()
            })?)
        }
        Value::Hash(hash) => {
            let entries = hash.entries();
            Data::Mapping(vm.deeper(|vm| {
                let entries = entries.into_iter();
                let pair = |(key, value)| Ok((from_ruby(vm, key)?, from_ruby(vm, value)?));
                entries.map(pair).collect()
            })?)
        }
        other => {
            let class = vm.kind_word(other);
            return vm.unsupported(format!("an object of {class} as plain data"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruby::eval::{Version, World};
    use crate::ruby::heap::Heap;
    use crate::ruby::limits::Limits;
    use crate::ruby::methods::{library::Library, tables};
    use crate::ruby::parse::parse;
    use proptest::prelude::*;

    fn there_and_back(data: &Data) -> Data {
        let library = Library::new(tables::RUBY);
        let program = parse("nil", 1, &library).unwrap();
        let world = World {
            now: (0, 0),
            seed: 0,
            version: Version::Ruby34,
            limits: Limits::default(),
        };
        let heap = Heap::new();
        let mut vm = Vm::new(&heap, &library, &program, "t", world);
        let value = to_ruby(&mut vm, data).ok().unwrap();
        from_ruby(&mut vm, value).ok().unwrap()
    }

    fn data() -> impl Strategy<Value = Data> {
        let leaf = prop_oneof![
            Just(Data::Null),
            any::<bool>().prop_map(Data::Bool),
            any::<i64>().prop_map(Data::Integer),
            (1 << 63..=u64::MAX).prop_map(Data::Unsigned),
            "-?[1-9][0-9]{20,40}".prop_map(Data::BigInteger),
            (-1e300..1e300).prop_map(Data::Float),
            ".*".prop_map(Data::String),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Data::Sequence),
                prop::collection::hash_map(".{0,3}", inner, 0..12).prop_map(Data::map),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn data_survives(data in data()) {
            prop_assert_eq!(there_and_back(&data), data);
        }
    }

    #[test]
    fn kinds_of_numbers_stay() {
        let numbers = Data::Sequence(vec![Data::Integer(1), Data::Float(1.0), Data::Float(-0.0)]);
        let Data::Sequence(found) = there_and_back(&numbers) else {
            unreachable!("a list")
        };
        assert_eq!(found[0], Data::Integer(1));
        assert!(matches!(found[1], Data::Float(one) if one.to_bits() == 1.0_f64.to_bits()));
        assert!(matches!(found[2], Data::Float(zero) if zero.is_sign_negative()));
    }
}
