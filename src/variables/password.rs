//! Passwords, and users with one.

use super::{Parameters, crypt, random};
use crate::yaml::Value;

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const DEFAULT_LENGTH: i64 = 20;
/// Longest password: nobody types a megabyte, but a typing error could ask for one.
const MAX_LENGTH: i64 = 65_536;

/// A password: `length` characters of `[a-z0-9]`.
pub(super) fn generate(options: &Value) -> Result<Value, String> {
    let parameters = Parameters::new(options, &["length"], "password")?;
    Ok(Value::String(password(&parameters, "password")?))
}

/// A user with a password and its hash for `/etc/shadow`: `username` (20 random letters and digits), `length` of the password.
pub(super) fn generate_user(options: &Value) -> Result<Value, String> {
    let parameters = Parameters::new(options, &["username", "length"], "user")?;
    let mut username = parameters.text("username")?;
    if username.is_empty() {
        username = characters(DEFAULT_LENGTH)?;
    }
    let password = password(&parameters, "user")?;
    let hash = crypt::sha512(password.as_bytes(), &characters(16)?);
    Ok(Value::map([
        ("password", password),
        ("password_hash", hash),
        ("username", username),
    ]))
}

fn password(parameters: &Parameters<'_>, what: &str) -> Result<String, String> {
    match parameters.integer("length")? {
        0 => characters(DEFAULT_LENGTH),
        length if length < 0 => Err(format!(
            "Failed to generate {what}, 'length' param cannot be negative"
        )),
        length if length > MAX_LENGTH => Err(format!(
            "Failed to generate {what}, 'length' param cannot be above {MAX_LENGTH}"
        )),
        length => characters(length),
    }
}

/// So many letters and digits, each as probable as any other.
fn characters(length: i64) -> Result<String, String> {
    /// The largest multiple of 36 in a byte: bytes from there on would prefer the first letters.
    const FAIR: u8 = 252;
    let length = usize::try_from(length).unwrap_or(0);
    let mut made = String::with_capacity(length);
    let mut bytes = [0_u8; 64];
    while made.len() < length {
        random(&mut bytes)?;
        let fair = bytes.iter().filter(|byte| **byte < FAIR);
        let letters = fair.map(|byte| char::from(ALPHABET[usize::from(byte % 36)]));
        made.extend(letters.take(length - made.len()));
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_the_length_and_the_alphabet() {
        let seven = Value::map([("length", Value::Integer(7))]);
        let Value::String(password) = generate(&seven).unwrap() else {
            panic!("no text");
        };
        assert_eq!(password.len(), 7);
        let other = generate(&Value::Null).unwrap();
        let other = other.as_str().unwrap().to_owned();
        assert!(other.len() == 20 && other.bytes().all(|byte| ALPHABET.contains(&byte)));
        assert_ne!(generate(&Value::Null).unwrap().as_str(), Some(&*other));
    }

    #[test]
    fn every_letter_comes_about_as_often() {
        let text = characters(36_000).unwrap();
        for letter in ALPHABET {
            let count = text.bytes().filter(|byte| byte == letter).count();
            assert!((700..1300).contains(&count), "{letter}: {count}");
        }
    }

    #[test]
    fn options_are_checked() {
        for (options, problem) in [
            (Value::map([("len", 3_i64)]), "Unsupported parameter 'len'"),
            (Value::map([("length", -1_i64)]), "cannot be negative"),
            (Value::map([("length", i64::MAX)]), "cannot be above"),
            (Value::map([("length", "7")]), "is not an integer"),
            (Value::from("x"), "no map"),
        ] {
            let message = generate(&options).unwrap_err();
            assert!(message.contains(problem), "{message}");
        }
    }
}
