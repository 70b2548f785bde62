//! The headers of tar: finds the next member and what the extensions before it say about it.
//!
//! Strict where programs differ: whatever two of them could read as two different files is refused.

use tar::Header;

use super::error::{ArchiveError, Problem};
use super::names::shown;
use super::reader::{Limits, Source};

pub(super) const BLOCK: u64 = 512;
/// More than any program writes for one member.
const PAX_BYTES: u64 = 1 << 20;
/// The greatest size that the twelve octal digits of a header can hold, in bytes.
const OCTAL_MAXIMUM: u64 = (1 << 33) - 1;

/// A member as its headers describe it; nothing in it has been judged.
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) target: Vec<u8>,
    /// Tar's letter for the type.
    pub(super) letter: u8,
    pub(super) mode: u32,
    /// In bytes.
    pub(super) size: u64,
    pub(super) sparse: bool,
}

/// What came before the header proper.
#[derive(Default)]
struct Extensions {
    gnu_name: Option<Vec<u8>>,
    gnu_target: Option<Vec<u8>>,
    pax: Option<Pax>,
}

#[derive(Default)]
struct Pax {
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// The next member, its content still unread; `None` at the end of the archive.
pub(super) fn next(
    source: &mut Source<'_>,
    limits: &Limits,
) -> Result<Option<Member>, ArchiveError> {
    let mut extensions = Extensions::default();
    while let Some(header) = read_header(source)? {
        source.count_header()?;
        let letter = header.as_old().linkflag[0];
        let size = number(&header.as_old().size)
            .ok_or_else(|| source.damaged("a size is not a number"))?;
        if !matches!(letter, b'L' | b'K' | b'x' | b'g') {
            return member(source, &header, letter, size, extensions).map(Some);
        }
        let name = header.path_bytes().into_owned();
        let limit = match letter {
            b'L' | b'K' => limits.name_bytes as u64 + 1,
            _ => PAX_BYTES,
        };
        let data = read_extension(source, &name, size, limit)?;
        extensions
            .add(letter, data)
            .map_err(|problem| refused(&name, problem))?;
    }
    if extensions.is_empty() {
        Ok(None)
    } else {
        Err(source.damaged("a header extension without a member"))
    }
}

/// Skips what fills the last block of a member's content.
pub(super) fn skip_padding(source: &mut Source<'_>, size: u64) -> Result<(), ArchiveError> {
    source.skip((BLOCK - size % BLOCK) % BLOCK)
}

pub(super) fn refused(name: &[u8], problem: Problem) -> ArchiveError {
    ArchiveError::Member {
        name: shown(name),
        problem,
    }
}

/// A header with a right checksum; `None` for the block of zeros that ends an archive.
fn read_header(source: &mut Source<'_>) -> Result<Option<Header>, ArchiveError> {
    let mut header = Header::new_old();
    let read = source.fill(header.as_mut_bytes())?;
    if (read as u64) < BLOCK {
        return Err(source.ended());
    }
    if header.as_bytes().iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let sum = checksum(header.as_bytes());
    if number(&header.as_old().cksum) != Some(sum) {
        return Err(source.no_header());
    }
    Ok(Some(header))
}

/// The sum of all bytes, those of the checksum itself taken as spaces.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            if (148..156).contains(&at) {
                u64::from(b' ')
            } else {
                u64::from(*byte)
            }
        })
        .sum()
}

/// A number in octal digits, or in GNU's binary form when the first bit is set. Blank is 0.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, rest @ ..] = field {
        return rest.iter().try_fold(0_u64, |value, byte| {
            Some(value.checked_mul(256)? | u64::from(*byte))
        });
    }
    let blank = |byte: &u8| *byte == b' ' || *byte == 0;
    let start = field.iter().position(|byte| !blank(byte));
    let digits = &field[start.unwrap_or(field.len())..];
    let end = digits.iter().position(blank).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    if !rest.iter().all(blank) {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'7' => Some(value.checked_mul(8)? + u64::from(digit - b'0')),
        _ => None,
    })
}

fn read_extension(
    source: &mut Source<'_>,
    name: &[u8],
    size: u64,
    limit: u64,
) -> Result<Vec<u8>, ArchiveError> {
    // Only now may the size decide about memory.
    if size > limit {
        return Err(refused(name, Problem::TooLarge { size, limit }));
    }
    let mut data = vec![0; usize::try_from(size).unwrap_or(0)];
    if source.fill(&mut data)? < data.len() {
        return Err(source.ended());
    }
    skip_padding(source, size)?;
    Ok(data)
}

fn member(
    source: &Source<'_>,
    header: &Header,
    letter: u8,
    size: u64,
    extensions: Extensions,
) -> Result<Member, ArchiveError> {
    let pax = extensions.pax.unwrap_or_default();
    let name = one_of(extensions.gnu_name, pax.name, "two long names")
        .map(|name| name.unwrap_or_else(|| header.path_bytes().into_owned()));
    let target = one_of(extensions.gnu_target, pax.target, "two long targets")
        .map(|target| target.unwrap_or_else(|| until_nul(&header.as_old().linkname)));
    let shown_name = header.path_bytes().into_owned();
    let name = name.map_err(|problem| refused(&shown_name, problem))?;
    Ok(Member {
        target: target.map_err(|problem| refused(&name, problem))?,
        size: one_size(size, pax.size).map_err(|problem| refused(&name, problem))?,
        mode: mode(&header.as_old().mode).ok_or_else(|| source.damaged("a mode is no number"))?,
        sparse: pax.sparse || letter == b'S',
        name,
        letter,
    })
}

/// The permission bits; some programs put the type of the file above them.
fn mode(field: &[u8]) -> Option<u32> {
    u32::try_from(number(field)? & 0o7777).ok()
}

fn one_of(
    gnu: Option<Vec<u8>>,
    pax: Option<Vec<u8>>,
    what: &'static str,
) -> Result<Option<Vec<u8>>, Problem> {
    match (gnu, pax) {
        (Some(_), Some(_)) => Err(Problem::Ambiguous { what }),
        (gnu, pax) => Ok(gnu.or(pax)),
    }
}

/// A pax size stands for one that the header cannot hold (the header then has 0 or its maximum), or
/// repeats it. Any other pair would let a member hide in the content of another.
fn one_size(header: u64, pax: Option<u64>) -> Result<u64, Problem> {
    match pax {
        None => Ok(header),
        Some(size) if size == header => Ok(size),
        Some(size) if size > OCTAL_MAXIMUM && (header == 0 || header == OCTAL_MAXIMUM) => Ok(size),
        Some(_) => Err(Problem::Ambiguous { what: "two sizes" }),
    }
}

impl Extensions {
    fn is_empty(&self) -> bool {
        self.gnu_name.is_none() && self.gnu_target.is_none() && self.pax.is_none()
    }

    fn add(&mut self, letter: u8, mut data: Vec<u8>) -> Result<(), Problem> {
        let repeated = Problem::Ambiguous {
            what: "two extensions of one kind",
        };
        match letter {
            b'L' | b'K' => {
                // The NUL at the end is not part of the name; any other is found later.
                data.pop_if(|last| *last == 0);
                let place = if letter == b'L' {
                    &mut self.gnu_name
                } else {
                    &mut self.gnu_target
                };
                place.replace(data).map_or(Ok(()), |_| Err(repeated))
            }
            b'x' => {
                let pax = Pax::parse(&data)?;
                self.pax.replace(pax).map_or(Ok(()), |_| Err(repeated))
            }
            _ => Pax::parse(&data)?.check_global(),
        }
    }
}

impl Pax {
    /// Reads the records `length key=value` and keeps what changes the content; the rest (times,
    /// owners, comments) has no meaning here.
    fn parse(data: &[u8]) -> Result<Self, Problem> {
        let mut pax = Self::default();
        let mut rest = data;
        while !rest.is_empty() {
            let malformed = Problem::Ambiguous {
                what: "a pax record that is malformed",
            };
            let (key, value, next) = pax_record(rest).ok_or_else(|| malformed.clone())?;
            let repeated = match key {
                b"path" => pax.name.replace(value.to_vec()).is_some(),
                b"linkpath" => pax.target.replace(value.to_vec()).is_some(),
                b"size" => pax.size.replace(decimal(value).ok_or(malformed)?).is_some(),
                _ => {
                    pax.sparse |= key.starts_with(b"GNU.sparse.");
                    false
                }
            };
            if repeated {
                return Err(Problem::Ambiguous {
                    what: "two pax records of one key",
                });
            }
            rest = next;
        }
        Ok(pax)
    }

    /// A global header holds for all members after it: a comment is fine, a name for all is not.
    fn check_global(&self) -> Result<(), Problem> {
        if self.name.is_some() || self.target.is_some() || self.size.is_some() || self.sparse {
            return Err(Problem::Ambiguous {
                what: "a global header with a name or size",
            });
        }
        Ok(())
    }
}

/// Key, value and what follows the record.
fn pax_record(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = data.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(&data[..space])?).ok()?;
    let (record, rest) = data.split_at_checked(length)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], rest))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn until_nul(field: &[u8]) -> Vec<u8> {
    field
        .iter()
        .copied()
        .take_while(|byte| *byte != 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_headers() {
        let mut huge = [0xff; 12];
        huge[0] = 0x80;
        for (field, expected) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"  644 \0 ", Some(0o644)),
            (b"77777777777\0", Some(OCTAL_MAXIMUM)),
            (b"", Some(0)),
            (b"\0\0\0", Some(0)),
            (b"8", None),
            (b"-1", None),
            (b"1 2", None),
            (&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0], Some(1 << 33)),
            (&huge, None),
            (&[0xff; 12], None),
        ] {
            assert_eq!(number(field), expected, "{field:?}");
        }
    }

    #[test]
    fn sizes_must_agree() {
        let large = OCTAL_MAXIMUM + 1;
        assert_eq!(one_size(7, None), Ok(7));
        assert_eq!(one_size(7, Some(7)), Ok(7));
        assert_eq!(one_size(0, Some(large)), Ok(large));
        assert_eq!(one_size(OCTAL_MAXIMUM, Some(large)), Ok(large));
        for (header, pax) in [(0, 7), (7, 0), (512, 1024), (7, large)] {
            assert!(one_size(header, Some(pax)).is_err(), "{header} {pax}");
        }
    }

    #[test]
    fn pax_records() {
        let pax = Pax::parse(b"14 path=a\n=b/\n12 comment=\n9 size=7\n").unwrap();
        assert_eq!(pax.name.as_deref(), Some(&b"a\n=b/"[..]));
        assert_eq!(pax.size, Some(7));
        for data in [
            &b"8 path=a"[..],
            b"99 path=a\n",
            b"0 path=a\n",
            b"3 a\n",
            b"path=a\n",
            b"9 size=x\n",
            b"9 size=7\n9 size=7\n",
            b"18446744073709551616 a=b\n",
        ] {
            assert!(Pax::parse(data).is_err(), "{}", shown(data));
        }
    }
}
