//! `strptime` of `Time` and `Date`: the directives `%Y %m %d %e %y %j %b %B %h %a %A %H %k %M %S %L %N %p %I %l %P %z %Z %s %F %T %R %D %n %t %%`.

use super::parse::{Parts, Reader, Zone};
use super::strftime::DAYS;
use super::{Civil, Moment};
use crate::ruby::raised::{Class, Raised};

/// What was read.
#[derive(Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    afternoon: Option<bool>,
    minute: Option<i64>,
    second: Option<i64>,
    nanoseconds: Option<u32>,
    zone: Option<Zone>,
    seconds: Option<i64>,
}

/// Why a text was not read.
enum Failure {
    /// It does not match.
    Mismatch,
    /// A directive that is not supported.
    Unknown(char),
}

fn number(
    reader: &mut Reader<'_>,
    most: usize,
    range: std::ops::RangeInclusive<i64>,
) -> Option<i64> {
    reader.digits(1, most).filter(|value| range.contains(value))
}

/// A year takes all digits, unless a number follows at once: then four.
fn year(reader: &mut Reader<'_>, followed: bool) -> Option<i64> {
    let sign = if reader.text("-").is_some() { -1 } else { 1 };
    // A plus sign says nothing.
    let _ = reader.text("+");
    Some(sign * reader.digits(1, if followed { 4 } else { 9 })?)
}

/// Whether the format goes on with a number.
fn is_numeric(format: &str) -> bool {
    let mut chars = format.chars();
    match chars.next() {
        Some('%') => chars
            .next()
            .is_some_and(|letter| "CdDeFGgHIjkLlMmNQRrSsTUuVvWwXxYy0123456789".contains(letter)),
        Some(first) => first.is_ascii_digit(),
        None => false,
    }
}

/// Reads a text as the format says, and gives back the rest of it.
fn read<'a>(reader: &mut Reader<'a>, format: &str, found: &mut Found) -> Result<&'a str, Failure> {
    let mut chars = format.chars();
    while let Some(letter) = chars.next() {
        if letter.is_ascii_whitespace() {
            reader.spaces(0).ok_or(Failure::Mismatch)?;
            continue;
        }
        if letter != '%' {
            let mut buffer = [0; 4];
            let same = reader.rest.strip_prefix(&*letter.encode_utf8(&mut buffer));
            reader.rest = same.ok_or(Failure::Mismatch)?;
            continue;
        }
        match chars.next() {
            Some('F') => read(reader, "%Y-%m-%d", found).map(|_| ())?,
            Some('T' | 'X') => read(reader, "%H:%M:%S", found).map(|_| ())?,
            Some('R') => read(reader, "%H:%M", found).map(|_| ())?,
            Some('D' | 'x') => read(reader, "%m/%d/%y", found).map(|_| ())?,
            Some('n' | 't') => reader.spaces(0).ok_or(Failure::Mismatch)?,
            Some('%') => reader.text("%").ok_or(Failure::Mismatch)?,
            Some(letter) if "YmdejbBhaAHkMSLNpPIlzZsy".contains(letter) => {
                directive(letter, reader, chars.as_str(), found).ok_or(Failure::Mismatch)?;
            }
            letter => return Err(Failure::Unknown(letter.unwrap_or('%'))),
        }
    }
    Ok(reader.rest)
}

fn directive(letter: char, reader: &mut Reader<'_>, rest: &str, found: &mut Found) -> Option<()> {
    match letter {
        'Y' => found.year = Some(year(reader, is_numeric(rest))?),
        'y' => {
            let year = number(reader, 2, 0..=99)?;
            found.year = Some(if year < 69 { year + 2000 } else { year + 1900 });
        }
        'm' => found.month = Some(number(reader, 2, 1..=12)?),
        'd' | 'e' => {
            // One blank may stand for the first digit.
            let most = if reader.text(" ").is_some() { 1 } else { 2 };
            found.day = Some(number(reader, most, 1..=31)?);
        }
        'j' => found.day_of_year = Some(number(reader, 3, 1..=366)?),
        'b' | 'B' | 'h' => found.month = Some(i64::from(reader.month()?)),
        'a' | 'A' => {
            reader.name(&DAYS)?;
        }
        'H' | 'k' | 'I' | 'l' => {
            let padded = matches!(letter, 'k' | 'l') && reader.text(" ").is_some();
            let range = if matches!(letter, 'H' | 'k') {
                0..=24
            } else {
                1..=12
            };
            found.hour = Some(number(reader, if padded { 1 } else { 2 }, range)?);
        }
        'M' => found.minute = Some(number(reader, 2, 0..=59)?),
        'S' => found.second = Some(number(reader, 2, 0..=60)?),
        'L' | 'N' => found.nanoseconds = Some(reader.nanoseconds()?),
        'p' | 'P' => {
            let afternoon = reader
                .text("p")
                .map(|()| true)
                .or_else(|| reader.text("a").map(|()| false))?;
            reader.text("m").or_else(|| reader.text(".m."))?;
            found.afternoon = Some(afternoon);
        }
        's' => {
            let sign = reader.text("-").map_or(1, |()| -1);
            found.seconds = Some(sign * reader.digits(1, 18)?);
        }
        _ => found.zone = Some(reader.zone()?),
    }
    Some(())
}

impl Found {
    fn hour(&self) -> i64 {
        match (self.hour, self.afternoon) {
            (Some(hour), Some(afternoon)) => hour % 12 + if afternoon { 12 } else { 0 },
            (hour, _) => hour.unwrap_or(0),
        }
    }
}

fn unknown(letter: char) -> Raised {
    Raised::refused(format!(
        "strptime: the directive %{letter} is not supported"
    ))
}

/// `Time.strptime`. Refused are texts without a year: they need today's date.
pub fn time_strptime(text: &str, format: &str) -> Result<Moment, Raised> {
    let mut found = Found::default();
    let invalid = || {
        Raised::argument(format!(
            "invalid date or strptime format - '{text}' '{format}'"
        ))
    };
    let rest = read(&mut Reader::new(text), format, &mut found);
    let rest = rest.map_err(|failure| match failure {
        Failure::Mismatch => invalid(),
        Failure::Unknown(letter) => unknown(letter),
    })?;
    if !rest.is_empty() {
        return Err(Raised::refused(format!(
            "strptime: what follows the time is not supported: {rest:?}"
        )));
    }
    if found.seconds.is_some() || found.day_of_year.is_some() {
        return Err(Raised::refused(
            "strptime: %s and %j of a time are not supported",
        ));
    }
    let Some(year) = found.year else {
        return Err(Raised::refused(
            "strptime: a time without a year is not supported",
        ));
    };
    let field = |value: Option<i64>| u8::try_from(value.unwrap_or(1)).unwrap_or(0);
    Parts {
        year,
        month: field(found.month),
        day: field(found.day),
        hour: found.hour(),
        minute: found.minute.unwrap_or(0),
        second: found.second.unwrap_or(0),
        nanoseconds: found.nanoseconds.unwrap_or(0),
        zone: found.zone.unwrap_or(Zone::Local),
    }
    .moment()
}

/// `Date.strptime`; what follows in the text does not matter. Refused are formats without a year: they need today's date.
pub fn date_strptime(text: &str, format: &str) -> Result<Civil, Raised> {
    let mut found = Found::default();
    let invalid = || Raised::new(Class::Date, "invalid date");
    read(&mut Reader::new(text), format, &mut found).map_err(|failure| match failure {
        Failure::Mismatch => invalid(),
        Failure::Unknown(letter) => unknown(letter),
    })?;
    let Some(year) = found.year.filter(|_| found.seconds.is_none()) else {
        return Err(Raised::refused(
            "strptime: a date without a year is not supported",
        ));
    };
    match found.day_of_year {
        Some(day) if found.month.is_none() && found.day.is_none() => {
            let date = Civil::from_days(Civil::date(year, 1, 1)?.days() + day - 1);
            Some(date)
                .filter(|date| date.year == year)
                .ok_or_else(invalid)
        }
        _ => Civil::date(year, found.month.unwrap_or(1), found.day.unwrap_or(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_in_ruby() {
        let rows = [
            ("2024-01-02", "%Y-%m-%d", "2024-01-02"),
            ("02/01/24", "%d/%m/%y", "2024-01-02"),
            ("02/01/70", "%d/%m/%y", "1970-01-02"),
            ("2 January 2024", "%d %B %Y", "2024-01-02"),
            ("Jan 2, 2024", "%b %d, %Y", "2024-01-02"),
            ("2024-002", "%Y-%j", "2024-01-02"),
            ("20240102", "%Y%m%d", "2024-01-02"),
            ("2024", "%Y", "2024-01-01"),
            ("2024-01-02x", "%Y-%m-%d", "2024-01-02"),
            ("2024-03", "%Y-%m", "2024-03-01"),
            ("2024 1 2", "%Y %m %d", "2024-01-02"),
            ("+2024-01-02", "%Y-%m-%d", "2024-01-02"),
            ("12024-01-02", "%Y-%m-%d", "12024-01-02"),
        ];
        for (text, format, expected) in rows {
            assert_eq!(
                date_strptime(text, format).unwrap().to_s(),
                expected,
                "{text}"
            );
        }
        for (text, format) in [
            ("x", "%Y"),
            ("2024-13-02", "%Y-%m-%d"),
            ("2024-02-30", "%Y-%m-%d"),
            ("  2024-1-2", "%Y-%m-%d"),
            ("2024-  1-2", "%Y-%m-%d"),
        ] {
            assert_eq!(
                date_strptime(text, format).unwrap_err().class,
                Class::Date,
                "{text}"
            );
        }
        for format in ["%b", "%s", "%U", "%"] {
            assert_eq!(
                date_strptime("1", format).unwrap_err().class,
                if format == "%b" {
                    Class::Date
                } else {
                    Class::Refused
                },
                "{format}"
            );
        }
    }

    #[test]
    fn times_are_read_as_in_ruby() {
        let rows = [
            (
                "2024-01-02 03:04:05 +0000",
                "%Y-%m-%d %H:%M:%S %z",
                "2024-01-02 03:04:05 +0000",
            ),
            (
                "2024-01-02 03:04:05 UTC",
                "%Y-%m-%d %H:%M:%S %Z",
                "2024-01-02 03:04:05 UTC",
            ),
            (
                "2024-01-02T03:04:05Z",
                "%Y-%m-%dT%H:%M:%S%z",
                "2024-01-02 03:04:05 UTC",
            ),
            (
                "2024-01-02 03:04:05.123 +0100",
                "%F %T.%L %z",
                "2024-01-02 03:04:05.123 +0100",
            ),
            (
                "2024-01-02 12:30 AM Z",
                "%F %I:%M %p %z",
                "2024-01-02 00:30:00 UTC",
            ),
        ];
        for (text, format, expected) in rows {
            assert_eq!(
                time_strptime(text, format).unwrap().inspect(),
                expected,
                "{text}"
            );
        }
        let raised = time_strptime("x", "%Y").unwrap_err();
        assert_eq!(
            raised.to_string(),
            "ArgumentError: invalid date or strptime format - 'x' '%Y'"
        );
        assert_eq!(
            time_strptime("2024", "%Y").unwrap().inspect(),
            "2024-01-01 00:00:00 +0000"
        );
        assert_eq!(time_strptime("01", "%m").unwrap_err().class, Class::Refused);
    }
}
