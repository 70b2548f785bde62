//! The hash of a password in `/etc/shadow`: SHA-512 of `crypt(3)`, `$6$salt$hash`, with 5,000 rounds.

use sha2::{Digest, Sha512};

const ROUNDS: usize = 5000;
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The hash of a password; `salt` is letters and digits, 16 at most.
pub(super) fn sha512(password: &[u8], salt: &str) -> String {
    let salt_bytes = salt.as_bytes();
    let start = first(password, salt_bytes);
    let in_password = repeated(&times(password, password.len()), password.len());
    let in_salt = repeated(
        &times(salt_bytes, 16 + usize::from(start[0])),
        salt_bytes.len(),
    );
    let mut sum = start;
    for round in 0..ROUNDS {
        let mut hash = Sha512::new();
        let odd = round % 2 == 1;
        hash.update(if odd { &in_password[..] } else { &sum[..] });
        if round % 3 != 0 {
            hash.update(&in_salt);
        }
        if round % 7 != 0 {
            hash.update(&in_password);
        }
        hash.update(if odd { &sum[..] } else { &in_password[..] });
        sum = hash.finalize().into();
    }
    format!("$6${salt}${}", encoded(&sum))
}

/// The digest that the rounds begin with.
fn first(password: &[u8], salt: &[u8]) -> [u8; 64] {
    let mut other = Sha512::new();
    other.update(password);
    other.update(salt);
    other.update(password);
    let other: [u8; 64] = other.finalize().into();
    let mut hash = Sha512::new();
    hash.update(password);
    hash.update(salt);
    hash.update(repeated(&other, password.len()));
    let mut bits = password.len();
    while bits > 0 {
        hash.update(if bits % 2 == 1 { &other[..] } else { password });
        bits /= 2;
    }
    hash.finalize().into()
}

/// The digest of `text` written `count` times.
fn times(text: &[u8], count: usize) -> [u8; 64] {
    let mut hash = Sha512::new();
    for _ in 0..count {
        hash.update(text);
    }
    hash.finalize().into()
}

/// The bytes of a digest, again and again, `length` in all.
fn repeated(digest: &[u8; 64], length: usize) -> Vec<u8> {
    digest.iter().copied().cycle().take(length).collect()
}

/// Three bytes at a time, from three parts of the digest in turns, six bits a letter, the lowest first.
fn encoded(sum: &[u8; 64]) -> String {
    let mut out = String::with_capacity(86);
    for group in 0..21 {
        let parts = [group, group + 21, group + 42];
        let of = |at: usize| u32::from(sum[parts[(group + at) % 3]]);
        letters(of(0) << 16 | of(1) << 8 | of(2), 4, &mut out);
    }
    letters(u32::from(sum[63]), 2, &mut out);
    out
}

fn letters(bits: u32, count: usize, out: &mut String) {
    let mut bits = bits;
    for _ in 0..count {
        out.push(char::from(ALPHABET[(bits & 63) as usize]));
        bits >>= 6;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `crypt(3)` gives.
    #[test]
    fn hashes_are_those_of_crypt() {
        for (password, salt, hash) in [
            (
                "a",
                "abcdefgh12345678",
                "$6$abcdefgh12345678$iIgzzd8cohatrKA6PgycksCfE2FoX3R7hAr2pspLirqyJkdujvLTomRLl/Rie0jd2CoUaeyQ/rWzPt5rYm7iI/",
            ),
            (
                "secret",
                "saltsalt",
                "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1",
            ),
            (
                "0123456789012345678901234567890123456789012345678901234567890123456789",
                "x",
                "$6$x$CS8lALk/iZ2jOLpdBx6HYPaAG6xBAdxJg30zzQtUgLuHQh6rRz1hy.9X74NRwv5Ry8adz9y7xF/GMHluXVNJT1",
            ),
            (
                "äö",
                "0000000000000000",
                "$6$0000000000000000$rndvoFTCsKHpAjvHg3FTtMhI6O./Dl6oQwwGc.wDPryFCFmnMCnCV7kqV6sgxfljWY8bW3oZHVyMcDyp3tB47.",
            ),
        ] {
            assert_eq!(sha512(password.as_bytes(), salt), hash);
        }
    }
}
