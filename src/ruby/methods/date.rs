//! `Date` and `DateTime`. Days before the Gregorian calendar (1582-10-15) are refused, and parts of days of a `Date`.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::super::calendar::{self, Civil, DAYS, Dialect, MONTHS, Moment};
use super::super::class::Class;
use super::super::eval::Vm;
use super::super::raised;
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Data, Encoding, Value};
use super::library::{ClassDefinition, Constant};
use super::rational::{new_rational, ratio};
use super::time::{formatted, fraction_digits, moment_of, new_time, with_class};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Date", "Object")
        .includes(&["Comparable"])
        .methods(&[FIELDS, ARITHMETIC, TEXTS])
        .class_methods(&[CREATE, QUESTIONS])
        .constants(CONSTANTS)
        .missing(
            &[
                "ajd",
                "amjd",
                "day_fraction",
                "deconstruct_keys",
                "england",
                "gregorian",
                "gregorian?",
                "italy",
                "jisx0301",
                "julian",
                "julian?",
                "marshal_dump",
                "new_start",
                "start",
            ],
            &[
                "_httpdate",
                "_iso8601",
                "_jisx0301",
                "_parse",
                "_rfc2822",
                "_rfc3339",
                "_strptime",
                "_xmlschema",
                "httpdate",
                "jisx0301",
                "rfc2822",
                "rfc3339",
                "rfc822",
                "valid_commercial?",
                "valid_jd?",
                "valid_ordinal?",
                "xmlschema",
                "julian_leap?",
            ],
        ),
    ClassDefinition::class("DateTime", "Date")
        .methods(&[CLOCK])
        .class_methods(&[CREATE_TIME])
        .missing(
            &["new_offset", "sec_fraction", "second_fraction", "jisx0301"],
            &[
                "civil",
                "commercial",
                "httpdate",
                "jd",
                "ordinal",
                "rfc2822",
                "rfc3339",
                "rfc822",
                "xmlschema",
                "today",
                "jisx0301",
            ],
        ),
    ClassDefinition::class("Date::Error", "ArgumentError"),
];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "MONTHNAMES",
        value: |vm| names(vm, &MONTHS, true, usize::MAX),
    },
    Constant {
        name: "ABBR_MONTHNAMES",
        value: |vm| names(vm, &MONTHS, true, 3),
    },
    Constant {
        name: "DAYNAMES",
        value: |vm| names(vm, &DAYS, false, usize::MAX),
    },
    Constant {
        name: "ABBR_DAYNAMES",
        value: |vm| names(vm, &DAYS, false, 3),
    },
    Constant {
        name: "ITALY",
        value: |_| Ok(Value::Integer(2_299_161)),
    },
    Constant {
        name: "ENGLAND",
        value: |_| Ok(Value::Integer(2_361_222)),
    },
];

const CREATE: &[Row] = &[
    Row::new(
        "today",
        0,
        today,
        "The day of the time that the run was given.",
    )
    .to(1),
    Row::new(
        "new",
        0,
        new,
        "A day of a year, month and day; negative ones count from the end.",
    )
    .to(4),
    Row::new(
        "civil",
        0,
        new,
        "A day of a year, month and day; negative ones count from the end.",
    )
    .to(4),
    Row::new(
        "ordinal",
        1,
        ordinal,
        "A day of a year and its number in it.",
    )
    .to(2),
    Row::new(
        "commercial",
        1,
        commercial,
        "A day of a year, week and weekday as ISO 8601 counts.",
    )
    .to(3),
    Row::new("jd", 1, of_julian_day, "A day by its number."),
    Row::new("parse", 1, parse, "A day from a text.").to(2),
    Row::new(
        "iso8601",
        1,
        read_iso8601,
        "A day from a text as ISO 8601 has it.",
    ),
    Row::new("strptime", 1, strptime, "A day from a text in a format.").to(2),
];

const QUESTIONS: &[Row] = &[
    Row::new("valid_date?", 3, valid_date, "Whether there is such a day."),
    Row::new(
        "valid_civil?",
        3,
        valid_date,
        "Whether there is such a day.",
    ),
    Row::new("leap?", 1, leap_year, "Whether a year has 366 days."),
    Row::new(
        "gregorian_leap?",
        1,
        leap_year,
        "Whether a year has 366 days.",
    ),
];

const FIELDS: &[Row] = &[
    Row::new(
        "year",
        0,
        |vm, this, _| number(vm, this, |day| day.year),
        "The year.",
    ),
    Row::new(
        "month",
        0,
        |vm, this, _| number(vm, this, |day| day.month.into()),
        "The month, from 1 on.",
    ),
    Row::new(
        "mon",
        0,
        |vm, this, _| number(vm, this, |day| day.month.into()),
        "The month, from 1 on.",
    ),
    Row::new(
        "day",
        0,
        |vm, this, _| number(vm, this, |day| day.day.into()),
        "The day of the month.",
    ),
    Row::new(
        "mday",
        0,
        |vm, this, _| number(vm, this, |day| day.day.into()),
        "The day of the month.",
    ),
    Row::new(
        "wday",
        0,
        |vm, this, _| number(vm, this, |day| day.weekday().into()),
        "The day of the week; 0 is Sunday.",
    ),
    Row::new(
        "yday",
        0,
        |vm, this, _| number(vm, this, |day| day.day_of_year().into()),
        "The day of the year.",
    ),
    Row::new(
        "cwday",
        0,
        |vm, this, _| number(vm, this, iso_weekday),
        "The day of the week; 7 is Sunday.",
    ),
    Row::new(
        "cweek",
        0,
        |vm, this, _| number(vm, this, |day| day.iso_week().1.into()),
        "The week of ISO 8601.",
    ),
    Row::new(
        "cwyear",
        0,
        |vm, this, _| number(vm, this, |day| day.iso_week().0),
        "The year of that week.",
    ),
    Row::new(
        "jd",
        0,
        |vm, this, _| number(vm, this, Civil::julian_day),
        "The number of the day.",
    ),
    Row::new(
        "mjd",
        0,
        |vm, this, _| number(vm, this, |day| day.julian_day() - 2_400_001),
        "The number since 1858-11-17.",
    ),
    Row::new(
        "ld",
        0,
        |vm, this, _| number(vm, this, |day| day.julian_day() - 2_299_160),
        "The number since 1582-10-15.",
    ),
    Row::new("leap?", 0, leap, "Whether its year has 366 days."),
    Row::new(
        "sunday?",
        0,
        |vm, this, _| is_weekday(vm, this, 0),
        "Whether it is a Sunday.",
    ),
    Row::new(
        "monday?",
        0,
        |vm, this, _| is_weekday(vm, this, 1),
        "Whether it is a Monday.",
    ),
    Row::new(
        "tuesday?",
        0,
        |vm, this, _| is_weekday(vm, this, 2),
        "Whether it is a Tuesday.",
    ),
    Row::new(
        "wednesday?",
        0,
        |vm, this, _| is_weekday(vm, this, 3),
        "Whether it is a Wednesday.",
    ),
    Row::new(
        "thursday?",
        0,
        |vm, this, _| is_weekday(vm, this, 4),
        "Whether it is a Thursday.",
    ),
    Row::new(
        "friday?",
        0,
        |vm, this, _| is_weekday(vm, this, 5),
        "Whether it is a Friday.",
    ),
    Row::new(
        "saturday?",
        0,
        |vm, this, _| is_weekday(vm, this, 6),
        "Whether it is a Saturday.",
    ),
];

const ARITHMETIC: &[Row] = &[
    Row::new("+", 1, add, "So many days later."),
    Row::new(
        "-",
        1,
        subtract,
        "So many days earlier, or the days between two dates.",
    ),
    Row::new(">>", 1, add_months, "So many months later."),
    Row::new("<<", 1, subtract_months, "So many months earlier."),
    Row::new("next_day", 0, add, "So many days later.").to(1),
    Row::new("prev_day", 0, previous_day, "So many days earlier.").to(1),
    Row::new("next_month", 0, add_months, "So many months later.").to(1),
    Row::new("prev_month", 0, subtract_months, "So many months earlier.").to(1),
    Row::new("next_year", 0, next_year, "So many years later.").to(1),
    Row::new("prev_year", 0, previous_year, "So many years earlier.").to(1),
    Row::new("next", 0, add, "The next day."),
    Row::new("succ", 0, add, "The next day."),
    Row::new("<=>", 1, compare, "Earlier: -1, the same: 0, later: 1."),
    Row::new("==", 1, equal, "Whether both are the same moment."),
    Row::new("===", 1, same_day, "Whether both are the same day."),
    Row::new("eql?", 1, eql, "Whether both are the same moment."),
    Row::new("hash", 0, hash, "A number that is equal for equal dates."),
    Row::new(
        "step",
        1,
        step,
        "Runs the block with days at equal distances.",
    )
    .to(2)
    .enumerates(),
    Row::new(
        "upto",
        1,
        upto,
        "Runs the block with each day up to a limit.",
    )
    .enumerates(),
    Row::new(
        "downto",
        1,
        downto,
        "Runs the block with each day down to a limit.",
    )
    .enumerates(),
];

const TEXTS: &[Row] = &[
    Row::new(
        "to_s",
        0,
        to_s,
        "Year, month and day; of a DateTime the time too.",
    ),
    Row::new("inspect", 0, inspect, "The date with its number."),
    Row::new("strftime", 0, strftime, "The date in a format.").to(1),
    Row::new("iso8601", 0, iso8601, "The date as ISO 8601 has it.").to(1),
    Row::new("xmlschema", 0, iso8601, "The date as ISO 8601 has it.").to(1),
    Row::new(
        "rfc3339",
        0,
        |vm, this, _| shown(vm, this, "%Y-%m-%dT%H:%M:%S%:z"),
        "The date as RFC 3339 has it.",
    ),
    Row::new(
        "rfc2822",
        0,
        |vm, this, _| shown(vm, this, "%a, %-d %b %Y %T %z"),
        "The date as mails have it.",
    ),
    Row::new(
        "rfc822",
        0,
        |vm, this, _| shown(vm, this, "%a, %-d %b %Y %T %z"),
        "The date as mails have it.",
    ),
    Row::new("httpdate", 0, httpdate, "The date as HTTP has it."),
    Row::new(
        "ctime",
        0,
        |vm, this, _| shown(vm, this, "%a %b %e %H:%M:%S %Y"),
        "The date as C prints it.",
    ),
    Row::new(
        "asctime",
        0,
        |vm, this, _| shown(vm, this, "%a %b %e %H:%M:%S %Y"),
        "The date as C prints it.",
    ),
    Row::new("to_date", 0, to_date, "Its day."),
    Row::new(
        "to_time",
        0,
        to_time,
        "The time at which it begins; of a DateTime the same moment.",
    ),
    Row::new(
        "to_datetime",
        0,
        to_datetime,
        "The same moment as a DateTime.",
    ),
];

const CREATE_TIME: &[Row] = &[
    Row::new("now", 0, datetime_now, "The time that the run was given.").to(1),
    Row::new(
        "new",
        0,
        new_of_fields,
        "A moment of year, month, day, hour, minute, second and offset.",
    )
    .to(8),
    Row::new("parse", 1, parse_datetime, "A moment from a text.").to(2),
    Row::new("iso8601", 1, parse_datetime, "A moment from a text.").to(2),
    Row::new(
        "strptime",
        2,
        strptime_datetime,
        "A moment from a text in a format.",
    ),
];

const CLOCK: &[Row] = &[
    Row::new("hour", 0, |vm, this, _| clock(vm, this, 0), "The hour."),
    Row::new("min", 0, |vm, this, _| clock(vm, this, 1), "The minute."),
    Row::new("minute", 0, |vm, this, _| clock(vm, this, 1), "The minute."),
    Row::new("sec", 0, |vm, this, _| clock(vm, this, 2), "The second."),
    Row::new("second", 0, |vm, this, _| clock(vm, this, 2), "The second."),
    Row::new(
        "zone",
        0,
        |vm, this, _| shown(vm, this, "%:z"),
        "The offset from UTC.",
    ),
    Row::new("offset", 0, offset, "The offset from UTC in days."),
];

fn names<'h>(vm: &mut Vm<'h>, names: &[&str], shifted: bool, length: usize) -> Res<'h> {
    let mut items = Vec::new();
    if shifted {
        items.push(Value::Nil);
    }
    for name in names {
        let name = vm.str(name.get(..length).unwrap_or(name));
        items.push(vm.call_method(name, known::FREEZE, &[])?);
    }
    let list = vm.array(items);
    vm.call_method(list, known::FREEZE, &[])
}

/// The day of a `Date` or `DateTime`.
pub(super) fn civil_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Option<Civil> {
    if let Value::Object(object) = value
        && let Some(day) = object.with(|day: &mut Civil| *day)
    {
        return Some(day);
    }
    let moment = moment_of(value)?;
    vm.is_a(value, "DateTime").then(|| moment.date())
}

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Civil> {
    match civil_of(vm, this) {
        Some(day) => Ok(day),
        None => vm.raise("TypeError", "uninitialized Date"),
    }
}

/// The moment of a `Date` or `DateTime`.
fn instant<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Option<Moment> {
    let day = civil_of(vm, value)?;
    Some(moment_of(value).unwrap_or_else(|| day.midnight()))
}

/// A `Date`.
pub(super) fn new_date<'h>(vm: &mut Vm<'h>, day: Civil) -> Res<'h> {
    let class = vm.class_named("Date");
    made(vm, class, day)
}

fn made<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, day: Civil) -> Res<'h> {
    vm.lift(Civil::date(day.year, day.month.into(), day.day.into()))?;
    vm.heap.take(64);
    let data = Data::Opaque(std::cell::RefCell::new(Box::new(day)));
    Ok(Value::Object(vm.object(class, data)))
}

/// A `DateTime`.
pub(super) fn new_datetime<'h>(vm: &mut Vm<'h>, moment: &Moment) -> Res<'h> {
    let class = vm.class_named("DateTime");
    made_datetime(vm, class, moment)
}

fn made_datetime<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, moment: &Moment) -> Res<'h> {
    let day = moment.date();
    vm.lift(Civil::date(day.year, day.month.into(), day.day.into()))?;
    let mut seen = moment.at_offset(Some(moment.offset));
    let sign = if seen.offset < 0 { '-' } else { '+' };
    let minutes = seen.offset.abs() / 60;
    seen.zone = Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
    Ok(with_class(vm, class, seen))
}

fn class_of_call<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> &'h Class<'h> {
    match this {
        Value::Class(class) => class,
        _ => vm.class_of(this).real(),
    }
}

/// Another date of the same class: a `DateTime` keeps its time.
fn alike<'h>(vm: &mut Vm<'h>, this: Value<'h>, day: Civil) -> Res<'h> {
    let class = class_of_call(vm, this);
    match moment_of(this) {
        Some(moment) => {
            let moved = (day.days() - moment.date().days()) * 86_400;
            let moment = Moment {
                seconds: moment.seconds + moved,
                ..moment
            };
            made_datetime(vm, class, &moment)
        }
        None => made(vm, class, day),
    }
}

fn today<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (seconds, nanoseconds) = vm.world.now;
    let day = vm.lift(Moment::utc(seconds, nanoseconds))?.date();
    let class = class_of_call(vm, this);
    made(vm, class, day)
}

/// Raises Date::Error.
fn invalid<'h, T>(vm: &mut Vm<'h>) -> Res<'h, T> {
    vm.raised(raised::Raised::new(raised::Class::Date, "invalid date"))
}

/// An integer of a field.
fn field<'h>(vm: &mut Vm<'h>, value: Option<Value<'h>>, default: i64, name: &str) -> Res<'h, i64> {
    match value {
        None => Ok(default),
        Some(Value::Integer(value)) => Ok(value),
        Some(Value::Float(value)) if value.fract() == 0.0 => vm.long(Value::Float(value)),
        Some(
            Value::Nil
            | Value::String(_)
            | Value::Symbol(_)
            | Value::Bool(_)
            | Value::Array(_)
            | Value::Hash(_),
        ) => vm.raise("TypeError", format!("invalid {name} (not numeric)")),
        Some(_) => vm.unsupported("a date of fractions"),
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.len() > 3 {
        return vm.unsupported("Date.new with a start of the Gregorian calendar");
    }
    let year = field(vm, args.get(0), -4712, "year")?;
    let month = field(vm, args.get(1), 1, "month")?;
    let day = field(vm, args.get(2), 1, "day")?;
    let day = vm.lift(Civil::date(year, month, day))?;
    let class = class_of_call(vm, this);
    made(vm, class, day)
}

fn ordinal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let year = field(vm, args.get(0), -4712, "year")?;
    let place = field(vm, args.get(1), 1, "yday")?;
    let first = vm.lift(Civil::date(year, 1, 1))?;
    let length = if calendar::is_leap(year) { 366 } else { 365 };
    let place = if place < 0 { length + 1 + place } else { place };
    if !(1..=length).contains(&place) {
        return invalid(vm);
    }
    let class = class_of_call(vm, this);
    made(vm, class, Civil::from_days(first.days() + place - 1))
}

fn commercial<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let year = field(vm, args.get(0), -4712, "year")?;
    let week = field(vm, args.get(1), 1, "cweek")?;
    let weekday = field(vm, args.get(2), 1, "cwday")?;
    // The fourth of January is always in the first week.
    let fourth = vm.lift(Civil::date(year, 1, 4))?;
    let monday = fourth.days() - (iso_weekday(fourth) - 1);
    let last = vm.lift(Civil::date(year, 12, 28))?.iso_week().1;
    let week = if week < 0 {
        i64::from(last) + 1 + week
    } else {
        week
    };
    let weekday = if weekday < 0 { weekday + 8 } else { weekday };
    if !(1..=i64::from(last)).contains(&week) || !(1..=7).contains(&weekday) {
        return invalid(vm);
    }
    let class = class_of_call(vm, this);
    made(
        vm,
        class,
        Civil::from_days(monday + (week - 1) * 7 + weekday - 1),
    )
}

/// Days that are supported, as days after 1970.
const DAYS_SUPPORTED: std::ops::Range<i64> = -150_000..36_000_000_000;

fn of_julian_day<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let number = field(vm, args.get(0), 0, "jd")?;
    let first = Civil {
        year: 1970,
        month: 1,
        day: 1,
    }
    .julian_day();
    let class = class_of_call(vm, this);
    let days = number.saturating_sub(first);
    let day = from_days(vm, days)?;
    made(vm, class, day)
}

fn from_days<'h>(vm: &mut Vm<'h>, days: i64) -> Res<'h, Civil> {
    if DAYS_SUPPORTED.contains(&days) {
        return Ok(Civil::from_days(days));
    }
    vm.unsupported("a date beyond the years that are supported")
}

fn parse<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = match args.get(0) {
        Some(text) => vm.string(text)?.text(),
        None => "-4712-01-01".to_owned(),
    };
    let day = vm.lift(calendar::date_parse(&text))?;
    let class = class_of_call(vm, this);
    made(vm, class, day)
}

fn read_iso8601<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?.text();
    let day = vm.lift(calendar::date_iso8601(&text))?;
    let class = class_of_call(vm, this);
    made(vm, class, day)
}

fn strptime<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?.text();
    let format = match args.get(1) {
        Some(format) => vm.string(format)?.text(),
        None => "%F".to_owned(),
    };
    let day = vm.lift(calendar::date_strptime(&text, &format))?;
    let class = class_of_call(vm, this);
    made(vm, class, day)
}

fn valid_date<'h>(_: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (Value::Integer(year), Value::Integer(month), Value::Integer(day)) =
        (args.at(0), args.at(1), args.at(2))
    else {
        return Ok(Value::Bool(false));
    };
    Ok(Value::Bool(Civil::date(year, month, day).is_ok()))
}

fn leap_year<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let year = field(vm, args.get(0), 0, "year")?;
    Ok(Value::Bool(calendar::is_leap(year)))
}

fn number<'h>(vm: &mut Vm<'h>, this: Value<'h>, field: fn(Civil) -> i64) -> Res<'h> {
    let day = own(vm, this)?;
    Ok(Value::Integer(field(day)))
}

fn iso_weekday(day: Civil) -> i64 {
    match day.weekday() {
        0 => 7,
        other => other.into(),
    }
}

fn leap<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(calendar::is_leap(own(vm, this)?.year)))
}

fn is_weekday<'h>(vm: &mut Vm<'h>, this: Value<'h>, weekday: u8) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.weekday() == weekday))
}

/// A number of days; one when it is not given.
fn days_argument<'h>(vm: &mut Vm<'h>, value: Option<Value<'h>>) -> Res<'h, i64> {
    let Some(value) = value else { return Ok(1) };
    if let Value::Float(float) = value
        && float.fract() == 0.0
    {
        return vm.long(value);
    }
    match ratio(vm, value) {
        Some((days, whole)) if whole == BigInt::from(1) => match days.to_i64() {
            Some(days) => Ok(days),
            None => vm.unsupported("a date beyond the years that are supported"),
        },
        None if !matches!(value, Value::Float(_)) => vm.raise("TypeError", "expected numeric"),
        _ => vm.unsupported("a date with a part of a day"),
    }
}

fn moved<'h>(vm: &mut Vm<'h>, this: Value<'h>, days: i64) -> Res<'h> {
    let day = own(vm, this)?;
    let day = from_days(vm, day.days().saturating_add(days))?;
    alike(vm, this, day)
}

fn add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let days = days_argument(vm, args.get(0))?;
    moved(vm, this, days)
}

fn previous_day<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let days = days_argument(vm, args.get(0))?;
    moved(vm, this, days.saturating_neg())
}

/// Nanoseconds after 1970 in UTC.
fn nanoseconds(moment: &Moment) -> i128 {
    i128::from(moment.seconds) * 1_000_000_000 + i128::from(moment.nanoseconds)
}

fn subtract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let (Some(own), Some(other)) = (instant(vm, this), instant(vm, args.at(0))) {
        let between = nanoseconds(&own) - nanoseconds(&other);
        return Ok(new_rational(
            vm,
            BigInt::from(between),
            BigInt::from(86_400_000_000_000_i64),
        ));
    }
    previous_day(vm, this, args)
}

fn months<'h>(vm: &mut Vm<'h>, this: Value<'h>, count: i64) -> Res<'h> {
    match own(vm, this)?.add_months(count) {
        Some(day) => alike(vm, this, day),
        None => vm.unsupported("a date beyond the years that are supported"),
    }
}

fn add_months<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = months_argument(vm, args)?;
    months(vm, this, count)
}

/// A number of months or years; one when it is not given.
fn months_argument<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, i64> {
    match args.get(0) {
        Some(value @ (Value::Integer(_) | Value::Float(_))) => vm.long(value),
        Some(_) => vm.raise("TypeError", "expected numeric"),
        None => Ok(1),
    }
}

fn subtract_months<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = months_argument(vm, args)?;
    months(vm, this, count.saturating_neg())
}

fn next_year<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = months_argument(vm, args)?;
    months(vm, this, count.saturating_mul(12))
}

fn previous_year<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = months_argument(vm, args)?;
    months(vm, this, count.saturating_mul(-12))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let (Some(own), Some(other)) = (instant(vm, this), instant(vm, other)) {
        return Ok(Value::Integer(
            nanoseconds(&own).cmp(&nanoseconds(&other)) as i64
        ));
    }
    if ratio(vm, other).is_some() || matches!(other, Value::Float(_)) {
        return vm.unsupported("the comparison of a date with a number");
    }
    Ok(Value::Nil)
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let order = compare(vm, this, args)?;
    Ok(Value::Bool(matches!(order, Value::Integer(0))))
}

fn same_day<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = own(vm, this)?;
    let other = civil_of(vm, args.at(0));
    Ok(Value::Bool(other == Some(own)))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let date = civil_of(vm, args.at(0)).is_some();
    Ok(Value::Bool(date && equal(vm, this, args)?.truthy()))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let Some(moment) = instant(vm, this) else {
        return Ok(Value::Nil);
    };
    let whole = vm.integer(BigInt::from(nanoseconds(&moment)));
    vm.call_method(whole, known::HASH, &[])
}

/// Runs the block with days at a distance until one is beyond the limit.
fn walk<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    by: Value<'h>,
    beyond: Symbol,
) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let limit = args.at(0);
    let mut day = this;
    while !vm.call_method(day, beyond, &[limit])?.truthy() {
        vm.tick(1)?;
        vm.yield_value(block, day)?;
        day = vm.call_method(day, known::ADD, &[by])?;
    }
    Ok(this)
}

fn step<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = args.get(1).unwrap_or(Value::Integer(1));
    match days_argument(vm, Some(by))? {
        0 => vm.raise("ArgumentError", "step can't be 0"),
        days if days < 0 => walk(vm, this, args, by, known::LESS),
        _ => walk(vm, this, args, by, known::GREATER),
    }
}

fn upto<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    walk(vm, this, args, Value::Integer(1), known::GREATER)
}

fn downto<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    walk(vm, this, args, Value::Integer(-1), known::LESS)
}

/// The date in a format of ours.
fn shown<'h>(vm: &mut Vm<'h>, this: Value<'h>, format: &str) -> Res<'h> {
    let Some(moment) = instant(vm, this) else {
        return Ok(Value::Nil);
    };
    let format = vm.bytes(format.as_bytes().to_vec(), Encoding::UsAscii);
    formatted(vm, &moment, format, Dialect::Date)
}

fn is_datetime(this: Value<'_>) -> bool {
    moment_of(this).is_some()
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    shown(
        vm,
        this,
        if is_datetime(this) {
            "%Y-%m-%dT%H:%M:%S%:z"
        } else {
            "%Y-%m-%d"
        },
    )
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let day = own(vm, this)?;
    let Some(moment) = moment_of(this) else {
        let text = day.inspect();
        return Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii));
    };
    let shown = to_s(vm, this, args)?;
    let shown = vm.display(shown)?;
    // The number of the day and the second are those in UTC.
    let days = Civil::from_days(moment.seconds.div_euclid(86_400)).julian_day();
    let (second, rest) = (moment.seconds.rem_euclid(86_400), moment.nanoseconds);
    let text = format!(
        "#<DateTime: {shown} (({days}j,{second}s,{rest}n),{:+}s,2299161j)>",
        moment.offset
    );
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}

fn strftime<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Some(moment) = instant(vm, this) else {
        return Ok(Value::Nil);
    };
    match args.get(0) {
        Some(format) => formatted(vm, &moment, format, Dialect::Date),
        None if is_datetime(this) => shown(vm, this, "%FT%T%:z"),
        None => shown(vm, this, "%F"),
    }
}

fn iso8601<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if !is_datetime(this) {
        return match args.len() {
            0 => shown(vm, this, "%Y-%m-%d"),
            given => vm.wrong_number(given, 0, Some(0)),
        };
    }
    match fraction_digits(vm, args.get(0))? {
        0 => shown(vm, this, "%Y-%m-%dT%H:%M:%S%:z"),
        digits if digits > 1000 => vm.unsupported("iso8601 with more than 1000 digits"),
        digits => shown(vm, this, &format!("%Y-%m-%dT%H:%M:%S.%{digits}N%:z")),
    }
}

fn httpdate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let Some(moment) = instant(vm, this) else {
        return Ok(Value::Nil);
    };
    let text = moment.httpdate();
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}

fn to_date<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if !is_datetime(this) {
        return Ok(this);
    }
    let day = own(vm, this)?;
    new_date(vm, day)
}

fn to_time<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = match moment_of(this) {
        Some(moment) => moment.at_offset(Some(moment.offset)),
        None => own(vm, this)?.midnight().local(),
    };
    Ok(new_time(vm, moment))
}

fn to_datetime<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if is_datetime(this) {
        return Ok(this);
    }
    let moment = own(vm, this)?.midnight();
    new_datetime(vm, &moment)
}

fn datetime_now<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (seconds, nanoseconds) = vm.world.now;
    let moment = vm.lift(Moment::utc(seconds, nanoseconds))?;
    let class = class_of_call(vm, this);
    made_datetime(vm, class, &moment)
}

fn new_of_fields<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let year = field(vm, args.get(0), -4712, "year")?;
    let month = field(vm, args.get(1), 1, "month")?;
    let day = field(vm, args.get(2), 1, "day")?;
    let day = vm.lift(Civil::date(year, month, day))?;
    let hour = field(vm, args.get(3), 0, "hour")?;
    let minute = field(vm, args.get(4), 0, "minute")?;
    let second = field(vm, args.get(5), 0, "second")?;
    let (hour, minute, second) = (
        from_end(hour, 24),
        from_end(minute, 60),
        from_end(second, 60),
    );
    let last = hour == 24 && minute == 0 && second == 0;
    if !((0..24).contains(&hour) || last)
        || !(0..60).contains(&minute)
        || !(0..60).contains(&second)
    {
        return invalid(vm);
    }
    let offset = match args.get(6) {
        None => 0,
        Some(Value::String(text)) => {
            let text = text.text();
            match calendar::time_parse(&format!("2000-01-01 00:00:00 {text}"), &text) {
                Ok(moment) => moment.offset,
                Err(_) => return vm.unsupported(format!("the offset {text}")),
            }
        }
        Some(_) => return vm.unsupported("DateTime.new with an offset that is no text"),
    };
    let seconds = day.days() * 86_400 + hour * 3600 + minute * 60 + second - i64::from(offset);
    let moment = vm.lift(Moment::utc(seconds, 0))?.at_offset(Some(offset));
    let class = class_of_call(vm, this);
    made_datetime(vm, class, &moment)
}

/// Negative ones count from the end.
fn from_end(value: i64, length: i64) -> i64 {
    if value < 0 {
        value.saturating_add(length)
    } else {
        value
    }
}

fn parse_datetime<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?.text();
    let moment = match calendar::time_parse(&text, &text) {
        Ok(moment) => moment,
        Err(_) if !text.bytes().any(|byte| byte.is_ascii_digit()) => return invalid(vm),
        Err(raised) => return vm.raised(raised),
    };
    let class = class_of_call(vm, this);
    made_datetime(vm, class, &moment)
}

fn strptime_datetime<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?.text();
    let format = vm.string(args.at(1))?.text();
    let moment = vm.lift(calendar::time_strptime(&text, &format))?;
    let class = class_of_call(vm, this);
    made_datetime(vm, class, &moment)
}

fn clock<'h>(vm: &mut Vm<'h>, this: Value<'h>, which: u8) -> Res<'h> {
    let fields = instant(vm, this).map(|moment| moment.fields());
    Ok(fields.map_or(Value::Nil, |fields| {
        Value::Integer(match which {
            0 => fields.hour,
            1 => fields.minute,
            _ => fields.second,
        })
    }))
}

fn offset<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let seconds = moment_of(this).map_or(0, |moment| moment.offset);
    Ok(new_rational(
        vm,
        BigInt::from(seconds),
        BigInt::from(86_400),
    ))
}
