//! What Ruby's `inspect` says of plain data, for the texts of the Director's errors.

use crate::yaml::Value;

/// The text, as Ruby 3.4 writes it.
pub fn inspect(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::BigInteger(digits) => digits.clone(),
        Value::Float(number) => format!("{number:?}"),
        Value::String(text) => quoted(text),
        Value::Symbol(name) => format!(":{name}"),
        Value::Binary(bytes) => {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect();
            format!("\"{}\"", bytes.concat())
        }
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(inspect).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) => {
            let entry = |(key, value): &(Value, Value)| {
                let (key, value) = (inspect(key), inspect(value));
                format!("{key} => {value}")
            };
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// What `to_s` says: a text is itself, nil is nothing.
pub fn to_s(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) | Value::Symbol(text) => text.clone(),
        other => inspect(other),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            '\u{7}' => out.push_str("\\a"),
            '\u{1b}' => out.push_str("\\e"),
            '#' if matches!(rest.peek(), Some('{' | '$' | '@')) => out.push_str("\\#"),
            c if c.is_control() && c.is_ascii() => {
                out.extend(format!("\\x{:02X}", c as u32).chars());
            }
            c if c.is_control() => out.extend(format!("\\u{:04X}", c as u32).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_rubys() {
        let data = Value::map([
            ("a\"#{x}\n", Value::Null),
            ("b", Value::list([Value::from(1_i64), Value::from(1.5)])),
        ]);
        assert_eq!(inspect(&data), r#"{"a\"\#{x}\n" => nil, "b" => [1, 1.5]}"#);
    }
}
