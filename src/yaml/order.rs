//! The order in which version 2 of Go's YAML library writes the keys of a Go map.
//!
//! Runs of digits compare as numbers (`a2` before `a10`), letters come after everything else, so a fingerprint that
//! begins `10` comes after one that begins `9a`. Numbers wrap at 64 bits as in Go.

use std::cmp::Ordering;

use super::value::Value;

/// Sorts the entries of a map as the CLI writes them (indexes, blobs, manifests): truth values and numbers by their
/// value, then nothing, then texts. Lists and maps, which Go refuses as keys, come first in the order they had.
///
/// Go's comparison is not transitive where digits and letters mix, as in fingerprints; there the CLI's own order
/// changes from run to run. Here it depends on nothing but the keys.
pub fn sort_keys(entries: &mut Vec<(Value, Value)>) {
    let mut list = std::mem::take(entries);
    list.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
    // The standard library's sort may answer such a comparison with a panic; a merge sort takes any.
    *entries = merge_sort(list);
}

fn merge_sort(mut list: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    if list.len() < 2 {
        return list;
    }
    let right = merge_sort(list.split_off(list.len() / 2));
    let mut right = right.into_iter().peekable();
    let mut left = merge_sort(list).into_iter().peekable();
    let mut out = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if before(&b.0, &a.0) {
            right.next()
        } else {
            left.next()
        };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    out
}

fn before(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return compare(a, b) == Ordering::Less;
    }
    let (rank_a, rank_b) = (rank(a), rank(b));
    match (as_number(a), as_number(b)) {
        (Some(x), Some(y)) => match x.partial_cmp(&y) {
            Some(Ordering::Equal) if rank_a == rank_b => exactly_before(a, b),
            Some(Ordering::Equal) => rank_a < rank_b,
            order => order == Some(Ordering::Less),
        },
        _ => rank_a < rank_b,
    }
}

/// Go's numbers of kinds, as far as their order shows.
fn rank(key: &Value) -> u8 {
    match key {
        Value::Sequence(_) | Value::Mapping(_) => 0,
        Value::Bool(_) => 1,
        Value::Integer(_) => 2,
        Value::Unsigned(_) => 11,
        Value::BigInteger(_) | Value::Float(_) => 14,
        Value::Null => 20,
        Value::String(_) | Value::Symbol(_) | Value::Binary(_) => 24,
    }
}

#[allow(clippy::cast_precision_loss, reason = "Go rounds here too")]
fn as_number(key: &Value) -> Option<f64> {
    match key {
        Value::Bool(value) => Some(f64::from(*value)),
        Value::Integer(value) => Some(*value as f64),
        Value::Unsigned(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::BigInteger(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// The order of large integers that are the same as floats.
fn exactly_before(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a < b,
        (Value::Unsigned(a), Value::Unsigned(b)) => a < b,
        _ => false,
    }
}

fn compare(a: &str, b: &str) -> Ordering {
    // Most pairs differ in letters: these need no list of characters.
    let differ = a.chars().zip(b.chars()).find(|(x, y)| x != y);
    if let Some((x, y)) = differ
        && x.is_alphabetic()
        && y.is_alphabetic()
    {
        return x.cmp(&y);
    }
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (Some(&x), Some(&y)) = (a.get(common), b.get(common)) else {
        return a.len().cmp(&b.len());
    };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero behind an equal nonzero digit is a digit of a longer number, not a leading zero.
    let lead = i64::from((x == '0' || y == '0') && ends_in_number(&a[..common]));
    let (number_a, end_a) = number(&a, common, lead);
    let (number_b, end_b) = number(&b, common, lead);
    number_a
        .cmp(&number_b)
        .then(end_a.cmp(&end_b))
        .then(x.cmp(&y))
}

fn ends_in_number(text: &[char]) -> bool {
    text.iter()
        .rev()
        .take_while(|c| c.is_ascii_digit())
        .any(|c| *c != '0')
}

fn number(text: &[char], start: usize, lead: i64) -> (i64, usize) {
    let mut value = lead;
    let mut end = start;
    while let Some(digit) = text.get(end).and_then(|c| c.to_digit(10)) {
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
        end += 1;
    }
    (value, end)
}
