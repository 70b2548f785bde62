//! The few forms of DER that keys are written in.

use num_bigint::BigUint;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// What stands in an element with this tag at the start of the bytes, and what follows; `None` for another element, or
/// one that is not written strictly.
pub(super) fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (long_length(digits)?, rest)
        }
    };
    (*first == tag).then_some(())?;
    rest.split_at_checked(length)
}

fn long_length(digits: &[u8]) -> Option<usize> {
    if digits.len() > 4 || digits.first().is_none_or(|first| *first == 0) {
        return None;
    }
    let length = digits
        .iter()
        .fold(0, |length, digit| length << 8 | usize::from(*digit));
    (length >= 0x80).then_some(length)
}

/// A number that is not negative, and what follows it.
pub(super) fn take_number(bytes: &[u8]) -> Option<(BigUint, &[u8])> {
    let (digits, rest) = take(bytes, INTEGER)?;
    let positive = digits.first().is_some_and(|first| *first < 0x80);
    positive.then(|| (BigUint::from_bytes_be(digits), rest))
}

/// An element of a tag and its parts.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = vec![tag];
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        out.push(short);
    } else {
        let digits = length.to_be_bytes();
        let digits: Vec<u8> = digits.into_iter().skip_while(|digit| *digit == 0).collect();
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
        out.extend(digits);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A number that is not negative.
pub(super) fn number(value: &BigUint) -> Vec<u8> {
    let digits = value.to_bytes_be();
    let sign: &[u8] = if digits.first().is_some_and(|first| *first >= 0x80) {
        &[0]
    } else {
        &[]
    };
    element(INTEGER, &[sign, &digits])
}

/// Whole bytes as bits.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BITS, &[&[0], bytes])
}

/// The whole bytes of an element of bits, and what follows it.
pub(super) fn take_bits(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (bits, rest) = take(bytes, BITS)?;
    match bits.split_first()? {
        (0, bits) => Some((bits, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(content in proptest::collection::vec(any::<u8>(), 0..600), behind: u8) {
            let mut bytes = element(OCTETS, &[&content]);
            bytes.push(behind);
            prop_assert_eq!(take(&bytes, OCTETS), Some((&content[..], &[behind][..])));
            prop_assert_eq!(take(&bytes[..content.len()], OCTETS), None);
        }

        #[test]
        fn numbers_come_back(value: u128) {
            let value = BigUint::from(value);
            let written = number(&value);
            prop_assert_eq!(take_number(&written), Some((value, &[][..])));
        }
    }
}
