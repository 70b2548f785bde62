//! `strftime` of `Time` and `Date`.

use super::{Fields, Moment};
use crate::ruby::raised::Raised;

/// Whose `strftime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `Time`'s.
    Time,
    /// `Date`'s, which also knows `%+` and `%Q`.
    Date,
}

/// Names of the days of the week, Sunday first.
pub const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Names of the months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The formatted text; unknown directives stay as they are. Refused is one of more than `limit` bytes.
pub fn strftime(
    moment: &Moment,
    format: &str,
    dialect: Dialect,
    limit: usize,
) -> Result<String, Raised> {
    let writer = Writer {
        moment,
        fields: moment.fields(),
        dialect,
        limit,
    };
    writer.format(format)
}

struct Writer<'a> {
    moment: &'a Moment,
    fields: Fields,
    dialect: Dialect,
    limit: usize,
}

/// What stands between `%` and the letter.
#[derive(Default, Clone, Copy)]
struct Spec {
    /// `-`: no padding.
    bare: bool,
    upper: bool,
    change: bool,
    pad: Option<char>,
    width: Option<usize>,
    colons: usize,
}

impl Writer<'_> {
    fn format(&self, format: &str) -> Result<String, Raised> {
        let mut out = String::new();
        let mut rest = format;
        while let Some((plain, behind)) = rest.split_once('%') {
            out.push_str(plain);
            let (spec, letter, after) = read(behind)
                .ok_or_else(|| Raised::argument(format!("invalid format: {format}")))?;
            match letter.map(|letter| self.directive(letter, spec)) {
                Some(Ok(Some(text))) => out.push_str(&text),
                Some(Err(raised)) => return Err(raised),
                Some(Ok(None)) | None => {
                    out.push('%');
                    out.push_str(behind.get(..behind.len() - after.len()).unwrap_or_default());
                }
            }
            rest = after;
            self.check(out.len())?;
        }
        out.push_str(rest);
        self.check(out.len())?;
        Ok(out)
    }

    fn check(&self, length: usize) -> Result<(), Raised> {
        if length > self.limit {
            return Err(Raised::refused(format!(
                "strftime would give more than {} bytes",
                self.limit
            )));
        }
        Ok(())
    }

    /// The text of a directive, `None` for an unknown one.
    fn directive(&self, letter: char, spec: Spec) -> Result<Option<String>, Raised> {
        self.check(spec.width.unwrap_or(0))?;
        if spec.colons > 0 && letter != 'z' {
            return Ok(None);
        }
        if let Some((value, width, pad)) = self.number(letter) {
            return Ok(Some(number(value, width, pad, spec)));
        }
        if let Some(format) = self.composite(letter) {
            let spec = if letter == 'v' {
                Spec {
                    upper: true,
                    ..spec
                }
            } else {
                Spec {
                    change: false,
                    ..spec
                }
            };
            return Ok(Some(text(&self.format(format)?, "", spec)));
        }
        let zone = self.moment.zone.as_deref().unwrap_or_default();
        let month = MONTHS
            .get(usize::from(self.fields.date.month) - 1)
            .copied()
            .unwrap_or_default();
        let day = DAYS
            .get(usize::from(self.fields.date.weekday()))
            .copied()
            .unwrap_or_default();
        let half = if self.fields.hour < 12 { "AM" } else { "PM" };
        Ok(Some(match letter {
            'A' => text(day, "upper", spec),
            'a' => text(day.get(..3).unwrap_or(day), "upper", spec),
            'B' => text(month, "upper", spec),
            'b' | 'h' => text(month.get(..3).unwrap_or(month), "upper", spec),
            'p' => text(half, "lower", spec),
            'P' => text(&half.to_ascii_lowercase(), "upper", spec),
            'Z' if zone.is_empty() => String::new(),
            'Z' => text(zone, "lower", spec),
            'n' => text("\n", "", spec),
            't' => text("\t", "", spec),
            '%' => text("%", "", spec),
            'L' => self.fraction(spec.width.unwrap_or(3)),
            'N' => self.fraction(spec.width.unwrap_or(9)),
            'z' => self.offset(spec),
            _ => return Ok(None),
        }))
    }

    /// The value of a number, its width, its padding.
    fn number(&self, letter: char) -> Option<(i64, usize, char)> {
        let date = self.fields.date;
        let hour = self.fields.hour;
        let hour12 = (hour + 11) % 12 + 1;
        let (weekday, day_of_year) = (i64::from(date.weekday()), i64::from(date.day_of_year()));
        let (iso_year, iso_week) = date.iso_week();
        let year_width = |year: i64| if year < 0 { 5 } else { 4 };
        Some(match letter {
            'Y' => (date.year, year_width(date.year), '0'),
            'G' => (iso_year, year_width(iso_year), '0'),
            'C' => (date.year.div_euclid(100), 2, '0'),
            'y' => (date.year.rem_euclid(100), 2, '0'),
            'g' => (iso_year.rem_euclid(100), 2, '0'),
            'm' => (i64::from(date.month), 2, '0'),
            'd' => (i64::from(date.day), 2, '0'),
            'e' => (i64::from(date.day), 2, ' '),
            'j' => (day_of_year, 3, '0'),
            'H' => (hour, 2, '0'),
            'k' => (hour, 2, ' '),
            'I' => (hour12, 2, '0'),
            'l' => (hour12, 2, ' '),
            'M' => (self.fields.minute, 2, '0'),
            'S' => (self.fields.second, 2, '0'),
            'u' => ((weekday + 6) % 7 + 1, 1, '0'),
            'w' => (weekday, 1, '0'),
            'V' => (i64::from(iso_week), 2, '0'),
            'U' => ((day_of_year - 1 + 7 - weekday) / 7, 2, '0'),
            'W' => ((day_of_year - 1 + 7 - (weekday + 6) % 7) / 7, 2, '0'),
            's' => (self.moment.seconds, 1, '0'),
            'Q' if self.dialect == Dialect::Date => {
                let thousandths = i64::from(self.moment.nanoseconds / 1_000_000);
                (
                    self.moment
                        .seconds
                        .saturating_mul(1000)
                        .saturating_add(thousandths),
                    1,
                    '0',
                )
            }
            _ => return None,
        })
    }

    fn composite(&self, letter: char) -> Option<&'static str> {
        Some(match letter {
            'c' => "%a %b %e %H:%M:%S %Y",
            'D' | 'x' => "%m/%d/%y",
            'F' => "%Y-%m-%d",
            'T' | 'X' => "%H:%M:%S",
            'R' => "%H:%M",
            'r' => "%I:%M:%S %p",
            'v' => "%e-%b-%4Y",
            '+' if self.dialect == Dialect::Date => "%a %b %e %H:%M:%S %Z %Y",
            _ => return None,
        })
    }

    /// Digits of the second's fraction, cut off.
    fn fraction(&self, digits: usize) -> String {
        let all = format!("{:09}", self.moment.nanoseconds);
        // Zero is no width: it is the default.
        all.get(..digits)
            .map_or_else(|| format!("{all:0<digits$}"), str::to_owned)
    }

    fn offset(&self, spec: Spec) -> String {
        let size = i64::from(self.moment.offset).abs();
        let negative = self.moment.offset < 0 || (spec.bare && self.moment.is_utc());
        let sign = if negative { '-' } else { '+' };
        let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
        let behind = match spec.colons {
            0 => format!("{minutes:02}"),
            1 => format!(":{minutes:02}"),
            3 if seconds == 0 && minutes == 0 => String::new(),
            3 if seconds == 0 => format!(":{minutes:02}"),
            _ => format!(":{minutes:02}:{seconds:02}"),
        };
        let width = spec
            .width
            .unwrap_or(0)
            .saturating_sub(behind.len() + 1)
            .max(2);
        if spec.pad == Some('_') {
            let hours = format!("{sign}{hours}");
            let width = width + 1;
            return format!("{hours:>width$}{behind}");
        }
        format!("{sign}{hours:0width$}{behind}")
    }
}

/// The directive behind a `%`, and what follows it. The letter is missing if nothing can be formatted; nothing is returned if
/// the text ends too early.
fn read(text: &str) -> Option<(Spec, Option<char>, &str)> {
    let mut spec = Spec::default();
    let mut chars = text.chars();
    loop {
        let digits = chars.as_str();
        match chars.next()? {
            '-' => spec.bare = true,
            '^' => spec.upper = true,
            '#' => spec.change = true,
            flag @ ('_' | '0') => spec.pad = Some(flag),
            '1'..='9' => {
                let end = digits.bytes().take_while(u8::is_ascii_digit).count();
                let (width, rest) = digits.split_at(end);
                chars = rest.chars();
                let Some(width) = width
                    .parse::<i32>()
                    .ok()
                    .and_then(|width| usize::try_from(width).ok())
                else {
                    chars.next()?;
                    return Some((spec, None, chars.as_str()));
                };
                spec.width = Some(width);
            }
            ':' => {
                spec.colons += 1;
                if chars.as_str().is_empty() && spec.colons <= 3 {
                    return Some((spec, None, ""));
                }
            }
            modifier @ ('E' | 'O') => {
                let known = if modifier == 'E' {
                    "cCxXyY"
                } else {
                    "deHkIlmMSuUVwWy"
                };
                let letter = chars.as_str().chars().next();
                let letter = letter.filter(|letter| known.contains(*letter));
                if letter.is_some() {
                    chars.next();
                }
                return Some((spec, letter, chars.as_str()));
            }
            letter => {
                let known = spec.colons <= 3;
                return Some((spec, known.then_some(letter), chars.as_str()));
            }
        }
    }
}

/// A number in its field.
fn number(value: i64, width: usize, pad: char, spec: Spec) -> String {
    if spec.bare {
        return value.to_string();
    }
    let width = spec.width.unwrap_or(width);
    match spec.pad.unwrap_or(if pad == ' ' { '_' } else { '0' }) {
        '_' => format!("{value:>width$}"),
        _ => format!("{value:0width$}"),
    }
}

/// A text in its field; `change` says what the flag `#` does to it.
fn text(value: &str, change: &str, spec: Spec) -> String {
    let value = match change {
        _ if spec.upper => value.to_ascii_uppercase(),
        "upper" if spec.change => value.to_ascii_uppercase(),
        "lower" if spec.change => value.to_ascii_lowercase(),
        _ => value.to_owned(),
    };
    let width = spec.width.filter(|_| !spec.bare).unwrap_or(0);
    if spec.pad == Some('0') {
        format!("{value:0>width$}")
    } else {
        format!("{value:>width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruby::calendar::Civil;

    fn moment(name: &str) -> Moment {
        let at = |year, month, day, second: i64, offset: i32| {
            Civil::new(year, month, day).unwrap().days() * 86_400 + second - i64::from(offset)
        };
        let (seconds, nanoseconds, offset) = match name {
            "T" => (at(2024, 1, 2, 11_045, 0), 678_901_000, 0),
            "T2" => (at(-5, 3, 9, 83_045, 19_800), 0, 19_800),
            _ => (at(2024, 12, 30, 0, -28_800), 0, -28_800),
        };
        let zone = (name == "T").then(|| "UTC".to_owned());
        Moment {
            seconds,
            nanoseconds,
            offset,
            zone,
            utc: name == "T",
        }
    }

    #[test]
    fn times_are_formatted_as_in_ruby() {
        let rows: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../tests/ruby/strftime.json")).unwrap();
        assert!(rows.len() > 500);
        let mut wrong = Vec::new();
        for row in rows {
            let got = strftime(
                &moment(row["time"].as_str().unwrap()),
                row["format"].as_str().unwrap(),
                Dialect::Time,
                1000,
            );
            let got = got.map_err(|raised| raised.to_string());
            let expected = match row["ok"].as_str() {
                Some(ok) => Ok(ok.to_owned()),
                None => Err(row["error"].as_str().unwrap().to_owned()),
            };
            if got != expected {
                wrong.push(format!("{row}: {got:?}"));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }

    #[test]
    fn dates_are_formatted_as_in_ruby() {
        let date = Civil::date(2024, 1, 2).unwrap().midnight();
        let text = strftime(&date, "%c %z %Z %s %L %+ %Q", Dialect::Date, 1000).unwrap();
        assert_eq!(
            text,
            "Tue Jan  2 00:00:00 2024 +0000 +00:00 1704153600 000 Tue Jan  2 00:00:00 +00:00 2024 1704153600000"
        );
    }

    #[test]
    fn a_wide_field_is_refused() {
        assert!(strftime(&moment("T"), "%1000000000Y", Dialect::Time, 1000).is_err());
        assert!(strftime(&moment("T"), "%1000000000N", Dialect::Time, 1000).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_format_is_too_strange(format in "(%[-^#_0:EO]{0,3}[0-9]{0,3}[a-zA-Z%+é]?){0,5}", seconds in -3_000_000_000_000_000_i64..3_000_000_000_000_000) {
            let _ = strftime(&Moment::utc(seconds, 5).unwrap(), &format, Dialect::Date, 10_000);
        }
    }
}
