//! Standard base64 with padding, as the tag `!!binary` wants it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// One line, without line breaks.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let block = chunk.iter().enumerate().fold(0_u32, |block, (at, byte)| {
            block | u32::from(*byte) << (16 - 8 * at)
        });
        for at in 0..4 {
            if at <= chunk.len() {
                let digit = (block >> (18 - 6 * at)) & 63;
                out.push(char::from(ALPHABET[digit as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// The bytes; `None` when the text is not base64. Line breaks are skipped, other white space is not (as Go does).
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take_while(|d| **d == b'=').count();
    let (digits, _) = digits.split_at(digits.len().checked_sub(padding)?);
    if padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.chunks(4) {
        let mut block = 0_u32;
        for (at, digit) in chunk.iter().enumerate() {
            block |= sextet(*digit)? << (18 - 6 * at);
        }
        let bytes = block.to_be_bytes();
        out.extend_from_slice(&bytes[1..chunk.len()]);
    }
    Some(out)
}

/// The bytes as Ruby's `unpack("m")` finds them: what is no digit is skipped, and the first `=` in the third or fourth
/// place of a group ends the text.
pub(super) fn decode_loose(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let mut group = 0_u32;
    let mut places = 0;
    for byte in text.bytes() {
        let Some(digit) = sextet(byte) else {
            if byte == b'=' && places >= 2 {
                break;
            }
            continue;
        };
        group |= digit << (18 - 6 * places);
        places += 1;
        if places == 4 {
            out.extend_from_slice(&group.to_be_bytes()[1..]);
            (group, places) = (0, 0);
        }
    }
    if places >= 2 {
        out.extend_from_slice(&group.to_be_bytes()[1..places]);
    }
    out
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_as_ruby() {
        for (text, bytes) in [
            ("YQ", &b"a"[..]),
            ("a*b c", b"i\xb7"),
            ("=Y=Q==Zm9v", b"a"),
            ("Zm9v\nZg", b"foof"),
            ("Z", b""),
            ("", b""),
        ] {
            assert_eq!(decode_loose(text), bytes, "{text}");
        }
    }

    #[test]
    fn known_answers() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(decode("Zm\n9v\r\n").as_deref(), Some(&b"foo"[..]));
        for bad in [
            "Z", "Zg=", "Zg", "Z===", "====", "Zm 9v", "Zg==Zm9v", "Zm9*",
        ] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
