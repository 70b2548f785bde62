//! Dates and times as Psych recognises them in plain scalars.
//!
//! A look is one thing, a value another: Psych asks for the class (`Date`, `Time`) as soon as the look fits, and only then
//! finds that the 99th month does not exist and takes the text for a string. So the look is reported in each case.

/// A plain scalar that looks like a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateScalar {
    /// As written.
    pub text: String,
    /// The date; `None` when there is no such day, and Psych answers with the text.
    pub date: Option<Date>,
}

/// A day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub struct Date {
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

/// A plain scalar that looks like a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeScalar {
    /// As written.
    pub text: String,
    /// The time, or what Psych does instead.
    pub time: TimeValue,
}

/// What the text of a time means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeValue {
    /// A time.
    Time(Time),
    /// No such time: Psych answers with the text.
    Text,
    /// Psych 5.2 trips over a tab between date and time: the message of its `NoMethodError`.
    Fault(&'static str),
}

/// A point of time in parts. They are those of the text: day 31 of a month with 30 days, hour 24 and second 60 are
/// carried over by `Time.utc` and `Time.new`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub struct Time {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    /// Decimal digits behind the point, maybe none.
    pub fraction: String,
    pub zone: Zone,
}

/// Where a time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// `Z`: the parts are UTC, and so is the result.
    Utc,
    /// No zone: the parts are UTC, the result is in the local zone (`Time.at`).
    Local,
    /// The parts are local to this offset, in seconds east of UTC.
    Offset(i32),
}

/// Reads `YYYY-M-D`; `None` when the look is another.
pub(super) fn date(text: &str) -> Option<DateScalar> {
    let mut cursor = Cursor::new(text);
    let year = cursor.number(4, 4)?;
    cursor.eat(b'-')?;
    let month = cursor.number(1, 2).filter(|month| *month <= 12)?;
    cursor.eat(b'-')?;
    let day = cursor.number(1, 2).filter(|day| *day <= 31)?;
    cursor.end()?;
    let date = Date {
        year: i32::try_from(year).ok()?,
        month: u8::try_from(month).ok()?,
        day: u8::try_from(day).ok()?,
    };
    Some(DateScalar {
        text: text.to_owned(),
        date: is_day(date).then_some(date),
    })
}

fn is_day(date: Date) -> bool {
    let leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    let days = match date.month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&date.day)
}

/// Reads a time; `None` when the look is another.
pub(super) fn time(text: &str) -> Option<TimeScalar> {
    let mut cursor = Cursor::new(text);
    let before_christ = cursor.eat(b'-').is_some();
    let year = i32::try_from(cursor.number(4, 4)?).ok()?;
    cursor.eat(b'-')?;
    let month = cursor.number(1, 2)?;
    cursor.eat(b'-')?;
    let day = cursor.number(1, 2)?;
    let separator = cursor.separator()?;
    let hour = cursor.number(1, 2)?;
    cursor.eat(b':')?;
    let minute = cursor.number(2, 2)?;
    cursor.eat(b':')?;
    let second = cursor.number(2, 2)?;
    let fraction = match cursor.eat(b'.') {
        Some(()) => cursor.digits(0, usize::MAX).unwrap_or_default().to_owned(),
        None => String::new(),
    };
    // White space behind the clock is for the sake of a zone.
    if !cursor.spaces().is_empty() && cursor.rest.is_empty() {
        return None;
    }
    let zone = cursor.zone()?;
    cursor.end()?;
    let fits = is_time(month, day, hour, minute, second) && is_zone(zone);
    let time = fits.then(|| Time {
        year: if before_christ { -year } else { year },
        month: small(month),
        day: small(day),
        hour: small(hour),
        minute: small(minute),
        second: small(second),
        fraction,
        zone,
    });
    let time = match (separator_fault(separator, text), time) {
        (Some(fault), _) => TimeValue::Fault(fault),
        (None, Some(time)) => TimeValue::Time(time),
        (None, None) => TimeValue::Text,
    };
    Some(TimeScalar {
        text: text.to_owned(),
        time,
    })
}

/// Numbers of two digits.
fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn is_time(month: u32, day: u32, hour: u32, minute: u32, second: u32) -> bool {
    let clock = minute <= 59 && second <= 60;
    let whole_hour = hour <= 23 || (hour == 24 && minute == 0 && second == 0);
    (1..=12).contains(&month) && (1..=31).contains(&day) && clock && whole_hour
}

/// Offsets are shorter than a day.
fn is_zone(zone: Zone) -> bool {
    !matches!(zone, Zone::Offset(seconds) if seconds.abs() >= 86_400)
}

/// Psych 5.2 splits at the first space or `T`, although it takes any white space for a separator.
fn separator_fault(separator: &str, text: &str) -> Option<&'static str> {
    if separator.contains([' ', 'T', 't']) {
        None
    } else if text.contains(' ') {
        Some("undefined method '[]' for nil")
    } else {
        Some("undefined method 'match' for nil")
    }
}

/// Ruby's `\s`.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        if self.rest.as_bytes().first() != Some(&byte) {
            return None;
        }
        self.take(1);
        Some(())
    }

    /// As many digits as there are, at most `most`.
    fn digits(&mut self, fewest: usize, most: usize) -> Option<&'a str> {
        let digits = self.rest.bytes().take(most).take_while(u8::is_ascii_digit);
        let count = digits.count();
        (count >= fewest).then(|| self.take(count))
    }

    fn number(&mut self, fewest: usize, most: usize) -> Option<u32> {
        self.digits(fewest, most)?.parse().ok()
    }

    fn spaces(&mut self) -> &'a str {
        let count = self.rest.chars().take_while(|c| is_space(*c)).count();
        self.take(count)
    }

    /// `T`, `t` or white space.
    fn separator(&mut self) -> Option<&'a str> {
        if self.rest.starts_with(['T', 't']) {
            return Some(self.take(1));
        }
        Some(self.spaces()).filter(|spaces| !spaces.is_empty())
    }

    /// The zone.
    ///
    /// Four digits without a colon are hours and minutes, of three the first two are hours. The minutes of a negative offset
    /// of less than an hour count eastward: Psych asks the hours for the sign.
    fn zone(&mut self) -> Option<Zone> {
        if self.rest.is_empty() {
            return Some(Zone::Local);
        }
        if self.eat(b'Z').is_some() {
            return Some(Zone::Utc);
        }
        let west = self.eat(b'-').is_some();
        if !west {
            self.eat(b'+')?;
        }
        let hours = i32::try_from(self.number(1, 2)?).ok()?;
        let minutes = if self.eat(b':').is_some() {
            match self.rest.len() {
                0 => 0,
                _ => self.number(2, 2)?,
            }
        } else {
            self.number(0, 2).unwrap_or(0)
        };
        let minutes = i32::try_from(minutes).ok()?;
        let seconds = if west && hours > 0 {
            -(hours * 3600 + minutes * 60)
        } else {
            hours * 3600 + minutes * 60
        };
        Some(Zone::Offset(seconds))
    }

    fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}
