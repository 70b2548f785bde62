//! Moments and dates from texts: ISO 8601, RFC 2822, HTTP dates, and the forms of `Time.parse` and `Date.parse` that leave no doubt.
//!
//! Ruby guesses much more. What would need a guess or today's date is refused by name.

use super::strftime::{DAYS, MONTHS};
use super::{Civil, Moment};
use crate::ruby::raised::{Class, Raised};

/// A text that is read from its start.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The text, whatever the case of its letters.
    pub(super) fn text(&mut self, text: &str) -> Option<()> {
        let found = self.rest.get(..text.len())?;
        found.eq_ignore_ascii_case(text).then_some(())?;
        self.rest = self.rest.get(text.len()..)?;
        Some(())
    }

    /// A number of so many digits; the most that are there.
    pub(super) fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let value = digits.parse().ok().filter(|_| count >= least)?;
        self.rest = rest;
        Some(value)
    }

    pub(super) fn spaces(&mut self, least: usize) -> Option<()> {
        let rest = self
            .rest
            .trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
        let enough = self.rest.len() - rest.len() >= least;
        self.rest = rest;
        enough.then_some(())
    }

    pub(super) fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }

    /// One of the names, whole or its first three letters: its place from 0 on.
    pub(super) fn name(&mut self, names: &[&str]) -> Option<usize> {
        let place = names.iter().position(|name| {
            let short = name.get(..3).unwrap_or(name);
            self.text(name).or_else(|| self.text(short)).is_some()
        })?;
        Some(place)
    }

    pub(super) fn month(&mut self) -> Option<u8> {
        u8::try_from(self.name(&MONTHS)? + 1).ok()
    }

    /// A fraction of a second behind its point, in nanoseconds. More digits than nine are none.
    pub(super) fn nanoseconds(&mut self) -> Option<u32> {
        let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let nine = format!("{digits:0<9}");
        let value = nine.parse().ok().filter(|_| (1..=9).contains(&count))?;
        self.rest = rest;
        Some(value)
    }

    /// An offset `+01:00`, `+0100`, in seconds.
    fn numeric_offset(&mut self) -> Option<i32> {
        let sign = self
            .text("+")
            .map(|()| 1)
            .or_else(|| self.text("-").map(|()| -1))?;
        let hours = self.digits(2, 2)?;
        // Without the colon, the digits follow at once.
        let _ = self.text(":");
        let minutes = self.digits(2, 2)?;
        let valid = hours < 24 && minutes < 60;
        i32::try_from(hours * 3600 + minutes * 60)
            .ok()
            .filter(|_| valid)
            .map(|size| sign * size)
    }

    /// A zone: numeric, UTC, or a name that RFC 2822 knows. `-00:00` is UTC.
    pub(super) fn zone(&mut self) -> Option<Zone> {
        if matches!(self.rest.as_bytes(), [b'+' | b'-', ..]) {
            let negative = self.rest.starts_with('-');
            return Some(match self.numeric_offset()? {
                0 if negative => Zone::Utc,
                offset => Zone::Offset(offset),
            });
        }
        let end = self
            .rest
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .count();
        let (name, rest) = self.rest.split_at_checked(end)?;
        let zone = match name.to_ascii_uppercase().as_str() {
            "Z" | "UTC" => Zone::Utc,
            "GMT" | "UT" => Zone::Offset(0),
            "EDT" => Zone::Offset(-4 * 3600),
            "EST" | "CDT" => Zone::Offset(-5 * 3600),
            "CST" | "MDT" => Zone::Offset(-6 * 3600),
            "MST" | "PDT" => Zone::Offset(-7 * 3600),
            "PST" => Zone::Offset(-8 * 3600),
            _ => return None,
        };
        self.rest = rest;
        Some(zone)
    }
}

/// A zone of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// The moment is in UTC.
    Utc,
    /// In the zone of the process, which is UTC too.
    Local,
    /// Seconds east.
    Offset(i32),
}

/// What a text said of a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) year: i64,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanoseconds: u32,
    pub(super) zone: Zone,
}

fn out_of_range() -> Raised {
    Raised::argument("argument out of range")
}

impl Parts {
    /// As `Time.new`: day 30 of February is in March, 24:00 is the next day, second 60 the next minute.
    pub(super) fn moment(self) -> Result<Moment, Raised> {
        if !(1..=12).contains(&self.month) {
            return Err(Raised::argument("mon out of range"));
        }
        if !(0..=24).contains(&self.hour) {
            return Err(Raised::argument("hour out of range"));
        }
        let midnight = self.hour < 24 || (self.minute == 0 && self.second == 0);
        if !(1..=31).contains(&self.day) || self.minute > 59 || self.second > 60 || !midnight {
            return Err(out_of_range());
        }
        let first = Civil::new(self.year, self.month, 1).ok_or_else(out_of_range)?;
        let days = first.days() + i64::from(self.day) - 1;
        let local = days * 86_400 + self.hour * 3600 + self.minute * 60 + self.second;
        let offset = match self.zone {
            Zone::Utc | Zone::Local => 0,
            Zone::Offset(offset) => offset,
        };
        let utc = Moment::utc(local - i64::from(offset), self.nanoseconds)?;
        Ok(match self.zone {
            Zone::Utc => utc,
            Zone::Local => utc.local(),
            Zone::Offset(offset) => utc.at_offset(Some(offset)),
        })
    }
}

/// `Time.new`, `Time.local` and `Time.utc` of year, month, day, hour, minute and second; no offset is UTC.
pub fn civil_moment(
    fields: [i64; 6],
    nanoseconds: u32,
    offset: Option<i32>,
) -> Result<Moment, Raised> {
    let [year, month, day, hour, minute, second] = fields;
    let beyond = |name: &str| Raised::argument(format!("{name} out of range"));
    if !(0..60).contains(&minute) {
        return Err(beyond("min"));
    }
    if !(0..=60).contains(&second) {
        return Err(beyond("sec"));
    }
    let parts = Parts {
        year,
        month: u8::try_from(month).map_err(|_| beyond("mon"))?,
        day: u8::try_from(day).map_err(|_| out_of_range())?,
        hour,
        minute,
        second,
        nanoseconds,
        zone: offset.map_or(Zone::Utc, Zone::Offset),
    };
    parts.moment()
}

/// `Time.new` of a text: `2024-01-02 03:04:05[.6][ ZONE]`, also with `T`.
pub fn time_new(text: &str, inspected: &str) -> Result<Moment, Raised> {
    let invalid = || Raised::argument(format!("can't parse: {inspected}"));
    let mut reader = Reader::new(text);
    let timed = extended(&mut reader, " ").or_else(|| {
        reader = Reader::new(text);
        extended(&mut reader, "T")
    });
    let Some(mut parts) = timed else {
        return Err(if text.bytes().any(|byte| byte.is_ascii_digit()) {
            Raised::refused(format!("Time.new: what {inspected} means is not certain"))
        } else {
            invalid()
        });
    };
    refuse_digits(&reader)?;
    let spaced = reader.spaces(1).is_some();
    parts.zone = match reader.end() {
        Some(()) if spaced => return Err(invalid()),
        Some(()) => Zone::Local,
        None => reader.zone().ok_or_else(invalid)?,
    };
    reader.end().ok_or_else(invalid)?;
    parts.moment()
}

/// `Time.iso8601`, also `Time.xmlschema`. Refused are more than nine digits of a second.
pub fn time_iso8601(text: &str, inspected: &str) -> Result<Moment, Raised> {
    let invalid = || Raised::argument(format!("invalid xmlschema format: {inspected}"));
    let mut reader = Reader::new(text.trim_ascii());
    let sign = reader.text("-").map_or(1, |()| -1);
    let mut parts = extended(&mut reader, "T").ok_or_else(invalid)?;
    parts.year *= sign;
    refuse_digits(&reader)?;
    parts.zone = if reader.end().is_some() {
        Zone::Local
    } else {
        iso_zone(&mut reader).ok_or_else(invalid)?
    };
    reader.end().ok_or_else(invalid)?;
    parts.moment()
}

fn iso_zone(reader: &mut Reader<'_>) -> Option<Zone> {
    let signed = reader.rest.starts_with(['+', '-']);
    if signed {
        reader.zone()
    } else {
        reader.text("Z").map(|()| Zone::Utc)
    }
}

/// Digits that nanoseconds could not hold are left in the text.
fn refuse_digits(reader: &Reader<'_>) -> Result<(), Raised> {
    let mut after = *reader;
    if after.text(".").is_some() && after.digits(1, 18).is_some() {
        return Err(Raised::refused(
            "more than nine digits of a second are not supported",
        ));
    }
    Ok(())
}

/// `2024-01-02T03:04:05.678`, the year with four digits or more.
fn extended(reader: &mut Reader<'_>, between: &str) -> Option<Parts> {
    let year = reader.digits(4, 9)?;
    reader.text("-")?;
    let month = u8::try_from(reader.digits(2, 2)?).ok()?;
    reader.text("-")?;
    let day = u8::try_from(reader.digits(2, 2)?).ok()?;
    reader.text(between)?;
    let mut parts = clock(reader, true)?;
    (parts.year, parts.month, parts.day) = (year, month, day);
    Some(parts)
}

/// The beginning of a day in UTC.
fn midnight() -> Parts {
    Parts {
        year: 1970,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        nanoseconds: 0,
        zone: Zone::Utc,
    }
}

/// `03:04:05` with a fraction, or without; seconds may be missing unless needed.
fn clock(reader: &mut Reader<'_>, seconds_needed: bool) -> Option<Parts> {
    let hour = reader.digits(2, 2)?;
    reader.text(":")?;
    let minute = reader.digits(2, 2)?;
    let mut second = 0;
    let mut nanoseconds = 0;
    if seconds_needed || reader.rest.starts_with(':') {
        reader.text(":")?;
        second = reader.digits(2, 2)?;
        let mut fraction = *reader;
        if fraction.text(".").is_some()
            && let Some(value) = fraction.nanoseconds()
        {
            *reader = fraction;
            nanoseconds = value;
        }
    }
    Some(Parts {
        hour,
        minute,
        second,
        nanoseconds,
        ..midnight()
    })
}

/// `Time.rfc2822`: `Tue, 02 Jan 2024 03:04:05 +0100`.
pub fn time_rfc2822(text: &str, inspected: &str) -> Result<Moment, Raised> {
    let mut reader = Reader::new(text.trim_ascii());
    let parts = rfc2822(&mut reader).filter(|_| reader.end().is_some());
    let invalid = || Raised::argument(format!("not RFC 2822 compliant date: {inspected}"));
    parts.ok_or_else(invalid)?.moment()
}

fn rfc2822(reader: &mut Reader<'_>) -> Option<Parts> {
    let mut day = *reader;
    if day.name(&DAYS).is_some() && day.text(",").is_some() {
        day.spaces(0)?;
        *reader = day;
    }
    let day = u8::try_from(reader.digits(1, 2)?).ok()?;
    reader.spaces(1)?;
    let month = reader.month()?;
    reader.spaces(1)?;
    let year = full_year(reader)?;
    reader.spaces(1)?;
    let mut parts = clock(reader, false)?;
    reader.spaces(1)?;
    parts.zone = reader.zone()?;
    (parts.year, parts.month, parts.day) = (year, month, day);
    Some(parts)
}

/// Two digits are a year from 1950 to 2049.
fn full_year(reader: &mut Reader<'_>) -> Option<i64> {
    let before = reader.rest.len();
    let year = reader.digits(2, 9)?;
    Some(match (before - reader.rest.len(), year) {
        (2, 0..50) => year + 2000,
        (2 | 3, _) => year + 1900,
        _ => year,
    })
}

/// `Time.httpdate`: the form of RFC 1123 and the two that it replaced.
pub fn time_httpdate(text: &str, inspected: &str) -> Result<Moment, Raised> {
    let reader = Reader::new(text.trim_ascii());
    let parts = http(reader)
        .or_else(|| rfc850(reader))
        .or_else(|| asctime(reader));
    let invalid = || Raised::argument(format!("not RFC 2616 compliant date: {inspected}"));
    parts.ok_or_else(invalid)?.moment()
}

fn http(mut reader: Reader<'_>) -> Option<Parts> {
    reader.name(&DAYS)?;
    reader.text(", ")?;
    let day = u8::try_from(reader.digits(2, 2)?).ok()?;
    reader.text(" ")?;
    let month = reader.month()?;
    reader.text(" ")?;
    let year = reader.digits(4, 4)?;
    reader.text(" ")?;
    in_gmt(reader, year, month, day)
}

fn rfc850(mut reader: Reader<'_>) -> Option<Parts> {
    reader.name(&DAYS)?;
    reader.text(", ")?;
    let day = u8::try_from(reader.digits(2, 2)?).ok()?;
    reader.text("-")?;
    let month = reader.month()?;
    reader.text("-")?;
    let year = reader.digits(2, 2)?;
    reader.text(" ")?;
    let year = if year < 50 { year + 2000 } else { year + 1900 };
    in_gmt(reader, year, month, day)
}

fn in_gmt(mut reader: Reader<'_>, year: i64, month: u8, day: u8) -> Option<Parts> {
    let parts = clock(&mut reader, true)?;
    reader.text(" GMT")?;
    reader.end()?;
    Some(Parts {
        year,
        month,
        day,
        ..parts
    })
}

fn asctime(mut reader: Reader<'_>) -> Option<Parts> {
    reader.name(&DAYS)?;
    reader.spaces(1)?;
    let month = reader.month()?;
    reader.spaces(1)?;
    let day = u8::try_from(reader.digits(1, 2)?).ok()?;
    reader.spaces(1)?;
    let parts = clock(&mut reader, true)?;
    reader.spaces(1)?;
    let year = reader.digits(4, 4)?;
    reader.end()?;
    Some(Parts {
        year,
        month,
        day,
        ..parts
    })
}

/// `Time.parse` of `2024-01-02[ 03:04[:05[.6]][ ZONE]]` (also with `T`) and of the form of [`time_rfc2822`]; others are
/// refused.
pub fn time_parse(text: &str, inspected: &str) -> Result<Moment, Raised> {
    let reader = Reader::new(text.trim_ascii());
    let parts = spaced(reader).or_else(|| {
        let mut reader = reader;
        rfc2822(&mut reader).filter(|_| reader.end().is_some())
    });
    let unsure = || {
        Raised::refused(format!(
            "Time.parse: what {inspected} means is not certain; a date, a time and a zone are, as in 2024-01-02 03:04:05 UTC"
        ))
    };
    parts.ok_or_else(unsure)?.moment()
}

fn spaced(mut reader: Reader<'_>) -> Option<Parts> {
    let year = reader.digits(4, 4)?;
    reader.text("-")?;
    let month = u8::try_from(reader.digits(2, 2)?).ok()?;
    reader.text("-")?;
    let day = u8::try_from(reader.digits(2, 2)?).ok()?;
    let mut parts = midnight();
    if reader.end().is_none() {
        reader.text("T").or_else(|| reader.spaces(1))?;
        parts = clock(&mut reader, false)?;
    }
    reader.spaces(0)?;
    parts.zone = match reader.end() {
        Some(()) => Zone::Local,
        None => reader.zone()?,
    };
    reader.end()?;
    (parts.year, parts.month, parts.day) = (year, month, day);
    Some(parts)
}

/// `Date.iso8601` of `2024-01-02` and `20240102`, also with a time behind; weeks and days of the year are refused.
pub fn date_iso8601(text: &str) -> Result<Civil, Raised> {
    let mut reader = Reader::new(text.trim_ascii());
    let Some(date) = iso_date(&mut reader) else {
        return not_a_date(text, "Date.iso8601");
    };
    let timed = reader.text("T").is_some()
        && clock(&mut reader, false).is_some()
        && (reader.end().is_some() || iso_zone(&mut reader).is_some());
    if !timed && reader.end().is_none() {
        return not_a_date(text, "Date.iso8601");
    }
    let (year, month, day) = date;
    Civil::date(year, month, day)
}

/// Without digits there is certainly no date; else a guess could find one.
fn not_a_date(text: &str, method: &str) -> Result<Civil, Raised> {
    let lower = text.to_ascii_lowercase();
    let named = MONTHS
        .iter()
        .chain(&DAYS)
        .filter_map(|name| name.get(..3))
        .any(|name| lower.contains(&name.to_ascii_lowercase()));
    if named || text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Raised::refused(format!(
            "{method}: what {text:?} means is not certain; 2024-01-02 is"
        )));
    }
    Err(Raised::new(Class::Date, "invalid date"))
}

fn iso_date(reader: &mut Reader<'_>) -> Option<(i64, i64, i64)> {
    let mut compact = *reader;
    let digits = compact.rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 8 {
        let date = (
            compact.digits(4, 4)?,
            compact.digits(2, 2)?,
            compact.digits(2, 2)?,
        );
        *reader = compact;
        return Some(date);
    }
    let year = reader.digits(4, 4)?;
    reader.text("-")?;
    let month = reader.digits(2, 2)?;
    reader.text("-")?;
    let day = reader.digits(2, 2)?;
    Some((year, month, day))
}

/// `Date.parse` of `2024-01-02`, `20240102`, `2024/1/2`, `2 Jan 2024`, `Jan 2, 2024`, the form of RFC 2822; others are refused.
pub fn date_parse(text: &str) -> Result<Civil, Raised> {
    let reader = Reader::new(text.trim_ascii());
    if let Some((year, month, day)) = slashed(reader).or_else(|| named(reader)) {
        return Civil::date(year, month, day);
    }
    let mut mail = reader;
    if let Some(parts) = rfc2822(&mut mail).filter(|_| mail.end().is_some()) {
        return Civil::date(parts.year, parts.month.into(), parts.day.into());
    }
    match date_iso8601(text) {
        Err(raised) if raised.class == Class::Refused => not_a_date(text, "Date.parse"),
        answer => answer,
    }
}

fn slashed(mut reader: Reader<'_>) -> Option<(i64, i64, i64)> {
    let year = reader.digits(4, 4)?;
    let mark = if reader.rest.starts_with('/') {
        "/"
    } else {
        "-"
    };
    reader.text(mark)?;
    let month = reader.digits(1, 2)?;
    reader.text(mark)?;
    let day = reader.digits(1, 2)?;
    reader.end()?;
    Some((year, month, day))
}

fn named(mut reader: Reader<'_>) -> Option<(i64, i64, i64)> {
    let first = reader.digits(1, 2);
    if first.is_some() {
        reader.spaces(1)?;
    }
    let month = reader.month()?;
    reader.spaces(1)?;
    let day = if let Some(day) = first {
        day
    } else {
        let day = reader.digits(1, 2)?;
        // A comma or only a blank stands behind the day.
        let _ = reader.text(",");
        reader.spaces(1)?;
        day
    };
    let year = reader.digits(4, 4)?;
    reader.end()?;
    Some((year, month.into(), day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(answer: Result<Moment, Raised>) -> String {
        match answer {
            Ok(moment) => moment.inspect(),
            Err(raised) if raised.class == Class::Refused => "refused".into(),
            Err(raised) => raised.to_string(),
        }
    }

    #[test]
    fn iso_times_are_read_as_in_ruby() {
        let rows = [
            ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05 UTC"),
            ("2024-01-02T03:04:05.123Z", "2024-01-02 03:04:05.123 UTC"),
            ("2024-01-02T03:04:05+01:00", "2024-01-02 03:04:05 +0100"),
            ("2024-01-02T03:04:05+0100", "2024-01-02 03:04:05 +0100"),
            ("2024-01-02T03:04:05-00:00", "2024-01-02 03:04:05 UTC"),
            ("2024-01-02T03:04:05+00:00", "2024-01-02 03:04:05 +0000"),
            ("2024-01-02t03:04:05z", "2024-01-02 03:04:05 UTC"),
            (" 2024-01-02T03:04:05Z ", "2024-01-02 03:04:05 UTC"),
            ("-2024-01-02T03:04:05Z", "-2024-01-02 03:04:05 UTC"),
            ("2024-01-02T24:00:00Z", "2024-01-03 00:00:00 UTC"),
            ("2024-01-02T03:04:60Z", "2024-01-02 03:05:00 UTC"),
            ("2024-02-30T03:04:05Z", "2024-03-01 03:04:05 UTC"),
            ("2024-01-02T25:00:00Z", "ArgumentError: hour out of range"),
            ("2024-13-01T03:04:05Z", "ArgumentError: mon out of range"),
            (
                "2024-01-02",
                "ArgumentError: invalid xmlschema format: \"2024-01-02\"",
            ),
            (
                "2024-01-02T03:04Z",
                "ArgumentError: invalid xmlschema format: \"2024-01-02T03:04Z\"",
            ),
            ("2024-01-02T03:04:05", "2024-01-02 03:04:05 +0000"),
            ("2024-01-02T03:04:05.1234567891Z", "refused"),
        ];
        for (text, expected) in rows {
            assert_eq!(
                shown(time_iso8601(text, &format!("{text:?}"))),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn mail_and_http_dates_are_read_as_in_ruby() {
        let mail = [
            (
                "Tue, 02 Jan 2024 03:04:05 +0000",
                "2024-01-02 03:04:05 +0000",
            ),
            ("Tue, 02 Jan 2024 03:04:05 -0000", "2024-01-02 03:04:05 UTC"),
            (
                "Tue, 2 Jan 2024 03:04:05 +0100",
                "2024-01-02 03:04:05 +0100",
            ),
            ("2 Jan 2024 03:04 GMT", "2024-01-02 03:04:00 +0000"),
            ("2 Jan 24 03:04:05 EST", "2024-01-02 03:04:05 -0500"),
            ("bad", "ArgumentError: not RFC 2822 compliant date: \"bad\""),
        ];
        for (text, expected) in mail {
            assert_eq!(
                shown(time_rfc2822(text, &format!("{text:?}"))),
                expected,
                "{text}"
            );
        }
        let http = [
            "Tue, 02 Jan 2024 03:04:05 GMT",
            "Tuesday, 02-Jan-24 03:04:05 GMT",
            "Tue Jan  2 03:04:05 2024",
        ];
        for text in http {
            assert_eq!(
                shown(time_httpdate(text, "")),
                "2024-01-02 03:04:05 UTC",
                "{text}"
            );
        }
        assert_eq!(
            shown(time_httpdate("bad", "\"bad\"")),
            "ArgumentError: not RFC 2616 compliant date: \"bad\""
        );
    }

    #[test]
    fn what_is_certain_is_parsed() {
        let rows = [
            ("2024-01-02 03:04:05 UTC", "2024-01-02 03:04:05 UTC"),
            ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05 UTC"),
            ("2024-01-02 03:04:05 +0100", "2024-01-02 03:04:05 +0100"),
            (
                "2024-01-02 03:04:05.5 +01:00",
                "2024-01-02 03:04:05.5 +0100",
            ),
            ("2024-01-02 03:04 UTC", "2024-01-02 03:04:00 UTC"),
            ("2024-02-30 00:00:00 UTC", "2024-03-01 00:00:00 UTC"),
            ("Tue, 02 Jan 2024 03:04:05 GMT", "2024-01-02 03:04:05 +0000"),
            ("2024-01-02", "2024-01-02 00:00:00 +0000"),
            ("tomorrow", "refused"),
        ];
        for (text, expected) in rows {
            assert_eq!(shown(time_parse(text, "it")), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_read_as_in_ruby() {
        let same = [
            "2024-01-02",
            "20240102",
            "2 Jan 2024",
            "Jan 2, 2024",
            "Jan 2 2024",
            "2024/1/2",
            "2024-1-2",
            "Tue, 2 Jan 2024 03:04:05 +0000",
            "2024-01-02T03:04:05Z",
        ];
        for text in same {
            assert_eq!(date_parse(text).unwrap().to_s(), "2024-01-02", "{text}");
        }
        for text in ["abc", "", "2024-13-01", "2024-02-30"] {
            assert_eq!(
                date_parse(text).unwrap_err().to_string(),
                "Date::Error: invalid date",
                "{text}"
            );
        }
        for text in ["1/2/2024", "24-01-02", "2024-W01-2", "mon"] {
            assert_eq!(
                date_parse(text).unwrap_err().class,
                Class::Refused,
                "{text}"
            );
        }
        assert_eq!(date_iso8601("garbage").unwrap_err().class, Class::Date);
    }

    proptest::proptest! {
        #[test]
        fn what_was_printed_reads_back(seconds in -60_000_000_000_i64..250_000_000_000, nanoseconds in 0_u32..1_000_000_000, minutes in -1439_i32..1440) {
            let moment = Moment::utc(seconds, nanoseconds).unwrap().at_offset(Some(minutes * 60));
            let text = moment.iso8601(9).unwrap();
            proptest::prop_assert_eq!(&time_iso8601(&text, "").unwrap(), &moment);
            let utc = moment.at_offset(None);
            proptest::prop_assert_eq!(&time_iso8601(&utc.iso8601(9).unwrap(), "").unwrap(), &utc);
        }

        #[test]
        fn no_text_is_too_strange(text: String, dated in "[0-9TZ:+-. JanTue,/é]{0,40}") {
            for text in [text, dated] {
                let _ = (time_iso8601(&text, ""), time_rfc2822(&text, ""), time_httpdate(&text, ""), time_parse(&text, ""), date_parse(&text));
            }
        }
    }
}
