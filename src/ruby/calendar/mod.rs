//! Dates and moments: arithmetic of the proleptic Gregorian calendar, and the texts of Ruby's `Time` and `Date`.
//!
//! There is no clock here, and the local zone is always UTC: a moment carries its offset. Ruby's `Date` counts days before 1582-10-15 in the
//! Julian calendar; those dates are refused.

mod parse;
mod strftime;
mod strptime;

pub use parse::{
    civil_moment, date_iso8601, date_parse, time_httpdate, time_iso8601, time_new, time_parse,
    time_rfc2822,
};
pub use strftime::{DAYS, Dialect, MONTHS, strftime};
pub use strptime::{date_strptime, time_strptime};

use crate::ruby::raised::{Class, Raised};

/// A day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// Any year; 0 is the one before 1.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Years beyond are refused, so that no arithmetic overflows.
const YEAR_LIMIT: i64 = 100_000_000;

/// 1970-01-01 as a day of the Julian count.
const EPOCH_JULIAN: i64 = 2_440_588;

/// The first day that Ruby's `Date` counts in the Gregorian calendar, 1582-10-15, as a day of the Julian count.
const REFORM_JULIAN: i64 = 2_299_161;

/// Whether February has 29 days.
pub fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// 28 to 31; 0 for a month that is none.
pub fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

impl Civil {
    /// A day that exists; years beyond 100 million do not.
    pub fn new(year: i64, month: u8, day: u8) -> Option<Self> {
        let exists = (1..=days_in_month(year, month)).contains(&day) && year.abs() <= YEAR_LIMIT;
        exists.then_some(Self { year, month, day })
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        // Years begin in March, so that the leap day is the last one.
        let year = self.year - i64::from(self.month <= 2);
        let month = (i64::from(self.month) + 9) % 12;
        let leap = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        365 * year + leap + day_of_year - 719_468
    }

    /// The day so many days after 1970-01-01, for days up to some 36 thousand millions.
    pub fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let in_era = shifted.rem_euclid(146_097);
        let in_year_of = |year: i64| in_era - (365 * year + year / 4 - year / 100);
        let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
        let day_of_year = in_year_of(year);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self {
            year: era * 400 + year + i64::from(month <= 2),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }

    /// 0 is Sunday.
    pub fn weekday(self) -> u8 {
        u8::try_from((self.days() + 4).rem_euclid(7)).unwrap_or(0)
    }

    /// 1 to 366.
    pub fn day_of_year(self) -> u16 {
        let first = Self {
            month: 1,
            day: 1,
            ..self
        };
        u16::try_from(self.days() - first.days() + 1).unwrap_or(1)
    }

    /// Year and week of ISO 8601: weeks begin on Monday, the first one has a Thursday of the year.
    pub fn iso_week(self) -> (i64, u8) {
        let monday_based = i64::from(self.weekday() + 6) % 7;
        let thursday = Self::from_days(self.days() - monday_based + 3);
        let week = (thursday.day_of_year() - 1) / 7 + 1;
        (thursday.year, u8::try_from(week).unwrap_or(1))
    }

    /// `Date#>>`: so many months later, on the last day of the month if it has no such day.
    pub fn add_months(self, months: i64) -> Option<Self> {
        let count = self
            .year
            .checked_mul(12)?
            .checked_add(i64::from(self.month) - 1)?;
        let count = count.checked_add(months)?;
        let (year, month) = (
            count.div_euclid(12),
            u8::try_from(count.rem_euclid(12)).ok()? + 1,
        );
        Self::new(year, month, self.day.min(days_in_month(year, month)))
    }

    /// `Date#jd`: days of the Julian count.
    pub fn julian_day(self) -> i64 {
        self.days() + EPOCH_JULIAN
    }

    /// A `Date` of Ruby. Negative months and days count from the end.
    pub fn date(year: i64, month: i64, day: i64) -> Result<Self, Raised> {
        let invalid = || Raised::new(Class::Date, "invalid date");
        let month =
            u8::try_from(if month < 0 { month + 13 } else { month }).map_err(|_| invalid())?;
        let last = i64::from(days_in_month(year, month));
        let day =
            u8::try_from(if day < 0 { last + 1 + day } else { day }).map_err(|_| invalid())?;
        let reformed = (year, month, day) >= (1582, 10, 15);
        if !reformed || year > YEAR_LIMIT {
            return Err(Raised::refused(format!(
                "the date {year}-{month}-{day} is refused: dates before 1582-10-15 are not supported"
            )));
        }
        Self::new(year, month, day).ok_or_else(invalid)
    }

    /// `Date#to_s`.
    pub fn to_s(self) -> String {
        let sign = if self.year < 0 { "-" } else { "" };
        let (year, month, day) = (self.year.abs(), self.month, self.day);
        format!("{sign}{year:04}-{month:02}-{day:02}")
    }

    /// `Date#inspect`.
    pub fn inspect(self) -> String {
        let (date, day) = (self.to_s(), self.julian_day());
        format!("#<Date: {date} (({day}j,0s,0n),+0s,{REFORM_JULIAN}j)>")
    }

    /// Midnight of a `Date`, as its `strftime` wants it.
    pub fn midnight(self) -> Moment {
        Moment {
            seconds: self.days() * 86_400,
            nanoseconds: 0,
            offset: 0,
            zone: Some("+00:00".into()),
            utc: false,
        }
    }
}

/// A point in time, seen in a zone: a `Time` of Ruby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Since 1970-01-01 00:00:00 UTC.
    pub seconds: i64,
    /// Below 1 000 000 000.
    pub nanoseconds: u32,
    /// Seconds east of UTC.
    pub offset: i32,
    /// `%Z`; none is that of a bare offset.
    pub zone: Option<String>,
    /// `Time#utc?`: in UTC itself, not in a local zone that is the same.
    pub utc: bool,
}

/// A moment in the fields of a calendar.
pub(crate) struct Fields {
    pub(crate) date: Civil,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl Moment {
    /// In UTC. Refused are moments beyond the years ±100 000 000.
    pub fn utc(seconds: i64, nanoseconds: u32) -> Result<Self, Raised> {
        if seconds.abs() > YEAR_LIMIT * 31_556_952 || nanoseconds > 999_999_999 {
            return Err(Raised::refused(
                "the time is beyond the years that are supported",
            ));
        }
        Ok(Self {
            seconds,
            nanoseconds,
            offset: 0,
            zone: Some("UTC".into()),
            utc: true,
        })
    }

    /// The same moment at an offset in seconds, or in UTC.
    #[must_use]
    pub fn at_offset(&self, offset: Option<i32>) -> Self {
        Self {
            offset: offset.unwrap_or(0),
            zone: offset.is_none().then(|| "UTC".into()),
            utc: offset.is_none(),
            ..self.clone()
        }
    }

    /// The same moment in the local zone, which is always called `UTC` and has no offset: that of a Director.
    #[must_use]
    pub fn local(&self) -> Self {
        Self {
            offset: 0,
            zone: Some("UTC".into()),
            utc: false,
            ..self.clone()
        }
    }

    /// `Time#utc?`.
    pub fn is_utc(&self) -> bool {
        self.utc
    }

    /// The day, in its zone.
    pub fn date(&self) -> Civil {
        self.fields().date
    }

    pub(crate) fn fields(&self) -> Fields {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        Fields {
            date: Civil::from_days(days),
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
        }
    }

    fn text(&self, format: &str) -> String {
        // The formats below are right and short: nothing is refused.
        strftime(self, format, Dialect::Time, 1024).unwrap_or_default()
    }

    /// `Time#to_s`: `2024-01-02 03:04:05 UTC` or `… +0100`.
    pub fn to_s(&self) -> String {
        self.text(if self.is_utc() {
            "%F %T UTC"
        } else {
            "%F %T %z"
        })
    }

    /// `Time#inspect`: with the fraction of the second, and the seconds of the offset.
    pub fn inspect(&self) -> String {
        let fraction = format!(".{:09}", self.nanoseconds);
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        let zone = match self.offset.rem_euclid(60) {
            _ if self.is_utc() => "UTC".to_owned(),
            0 => self.text("%z"),
            _ => self.text("%::z").replace(':', ""),
        };
        format!("{}{fraction} {zone}", self.text("%F %T"))
    }

    /// `Time#iso8601(digits)`, also `xmlschema`. Refused are more than 1000 digits.
    pub fn iso8601(&self, digits: usize) -> Result<String, Raised> {
        if digits > 1000 {
            return Err(Raised::refused(
                "iso8601: more than 1000 digits are refused",
            ));
        }
        let fraction = if digits == 0 {
            String::new()
        } else {
            self.text(&format!(".%{digits}N"))
        };
        let zone = if self.is_utc() {
            "Z".to_owned()
        } else {
            self.text("%:z")
        };
        Ok(format!("{}{fraction}{zone}", self.text("%FT%T")))
    }

    /// `Time#rfc2822`.
    pub fn rfc2822(&self) -> String {
        self.text(if self.is_utc() {
            "%a, %d %b %Y %T -0000"
        } else {
            "%a, %d %b %Y %T %z"
        })
    }

    /// `Time#httpdate`, in UTC.
    pub fn httpdate(&self) -> String {
        self.at_offset(None).text("%a, %d %b %Y %T GMT")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(year: i64, offset: i32, nanoseconds: u32) -> Moment {
        let seconds = Civil::new(year, 1, 2).unwrap().days() * 86_400 + 11_045 - i64::from(offset);
        Moment {
            seconds,
            nanoseconds,
            offset,
            zone: None,
            utc: false,
        }
    }

    #[test]
    fn moments_print_as_in_ruby() {
        let utc = moment(2024, 0, 678_901_000).at_offset(None);
        assert_eq!(utc.inspect(), "2024-01-02 03:04:05.678901 UTC");
        assert_eq!(utc.to_s(), "2024-01-02 03:04:05 UTC");
        assert_eq!(utc.iso8601(0).unwrap(), "2024-01-02T03:04:05Z");
        assert_eq!(
            utc.iso8601(12).unwrap(),
            "2024-01-02T03:04:05.678901000000Z"
        );
        assert_eq!(utc.rfc2822(), "Tue, 02 Jan 2024 03:04:05 -0000");
        assert_eq!(utc.httpdate(), "Tue, 02 Jan 2024 03:04:05 GMT");
        let east = moment(2024, 19_815, 0);
        assert_eq!(east.inspect(), "2024-01-02 03:04:05 +053015");
        assert_eq!(east.iso8601(2).unwrap(), "2024-01-02T03:04:05.00+05:30");
        assert_eq!(
            moment(0, 0, 0).iso8601(0).unwrap(),
            "0000-01-02T03:04:05+00:00"
        );
        assert_eq!(
            moment(12345, -3600, 0).rfc2822(),
            "Tue, 02 Jan 12345 03:04:05 -0100"
        );
    }

    #[test]
    fn dates_are_those_of_ruby() {
        let date = Civil::date(2024, 1, 2).unwrap();
        assert_eq!(
            date.inspect(),
            "#<Date: 2024-01-02 ((2460312j,0s,0n),+0s,2299161j)>"
        );
        assert_eq!(Civil::date(1582, 10, 15).unwrap().julian_day(), 2_299_161);
        assert_eq!(Civil::date(2024, -1, -1).unwrap().to_s(), "2024-12-31");
        assert_eq!(
            Civil::date(2024, 2, 30).unwrap_err().to_string(),
            "Date::Error: invalid date"
        );
        assert_eq!(Civil::date(1582, 10, 4).unwrap_err().class, Class::Refused);
        assert_eq!(
            Civil::date(2024, 1, 31)
                .unwrap()
                .add_months(1)
                .unwrap()
                .to_s(),
            "2024-02-29"
        );
        assert_eq!(Civil::date(2024, 12, 30).unwrap().iso_week(), (2025, 1));
    }

    proptest::proptest! {
        #[test]
        fn days_and_dates_agree(days in -30_000_000_000_i64..30_000_000_000) {
            let date = Civil::from_days(days);
            proptest::prop_assert_eq!(date.days(), days);
            proptest::prop_assert!(Civil::new(date.year, date.month, date.day).is_some());
            proptest::prop_assert!(Civil::from_days(days + 1) > date);
        }
    }
}
