//! `Time`: moments, in UTC or at an offset. The local zone is UTC, that of a Director's process.
//!
//! Moments are exact to the nanosecond; smaller parts, which Ruby keeps as fractions, are refused.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::super::calendar::{self, Dialect, Fields, Moment};
use super::super::eval::{Vm, big};
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Data, Encoding, Value};
use super::active_support::{is_duration, seconds_of as duration_seconds};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Time", "Object")
    .includes(&["Comparable"])
    .methods(&[FIELDS, ZONES, ARITHMETIC, TEXTS])
    .class_methods(&[CREATE, READ])
    .missing(&["subsec", "to_r", "deconstruct_keys"], &["zone_offset"])];

const CREATE: &[Row] = &[
    Row::new("now", 0, now, "The time that the run was given.").keywords(&["in"]),
    Row::new(
        "new",
        0,
        new,
        "A time of a year, month, day, hour, minute, second and zone, or now.",
    )
    .to(7)
    .keywords(&["in"]),
    Row::new("at", 1, at, "So many seconds after 1970 in UTC.")
        .to(3)
        .keywords(&["in"]),
    Row::new("utc", 1, utc_of, "A time in UTC.").to(7),
    Row::new("gm", 1, utc_of, "A time in UTC.").to(7),
    Row::new("local", 1, local_of, "A time in the local zone.").to(7),
    Row::new("mktime", 1, local_of, "A time in the local zone.").to(7),
];

const READ: &[Row] = &[
    Row::new(
        "parse",
        1,
        parse,
        "A time from a text that has date, time and zone.",
    ),
    Row::new("strptime", 2, strptime, "A time from a text in a format."),
    Row::new(
        "iso8601",
        1,
        read_iso8601,
        "A time from a text as ISO 8601 and XML have it.",
    ),
    Row::new(
        "xmlschema",
        1,
        read_iso8601,
        "A time from a text as ISO 8601 and XML have it.",
    ),
    Row::new(
        "rfc2822",
        1,
        read_rfc2822,
        "A time from a text as mails have it.",
    ),
    Row::new(
        "rfc822",
        1,
        read_rfc2822,
        "A time from a text as mails have it.",
    ),
    Row::new(
        "httpdate",
        1,
        read_httpdate,
        "A time from a text as HTTP has it.",
    ),
];

const FIELDS: &[Row] = &[
    Row::new("year", 0, year, "The year."),
    Row::new("month", 0, month, "The month, from 1 on."),
    Row::new("mon", 0, month, "The month, from 1 on."),
    Row::new("day", 0, day, "The day of the month."),
    Row::new("mday", 0, day, "The day of the month."),
    Row::new("hour", 0, hour, "The hour."),
    Row::new("min", 0, minute, "The minute."),
    Row::new("sec", 0, second, "The second."),
    Row::new("usec", 0, usec, "The microseconds."),
    Row::new("tv_usec", 0, usec, "The microseconds."),
    Row::new("nsec", 0, nsec, "The nanoseconds."),
    Row::new("tv_nsec", 0, nsec, "The nanoseconds."),
    Row::new("wday", 0, wday, "The day of the week; 0 is Sunday."),
    Row::new("yday", 0, yday, "The day of the year, from 1 on."),
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
    Row::new("to_i", 0, to_i, "Seconds after 1970 in UTC."),
    Row::new("tv_sec", 0, to_i, "Seconds after 1970 in UTC."),
    Row::new(
        "to_f",
        0,
        to_f,
        "Seconds after 1970 in UTC, with their fraction.",
    ),
    Row::new(
        "to_a",
        0,
        to_a,
        "Second, minute, hour, day, month, year, weekday, day of the year, summer time and zone.",
    ),
];

const ZONES: &[Row] = &[
    Row::new(
        "zone",
        0,
        zone,
        "The name of the zone; nil for a bare offset.",
    ),
    Row::new("utc_offset", 0, utc_offset, "Seconds east of UTC."),
    Row::new("gmt_offset", 0, utc_offset, "Seconds east of UTC."),
    Row::new("gmtoff", 0, utc_offset, "Seconds east of UTC."),
    Row::new("utc?", 0, is_utc, "Whether it is in UTC."),
    Row::new("gmt?", 0, is_utc, "Whether it is in UTC."),
    Row::new("dst?", 0, no, "False: there is no summer time."),
    Row::new("isdst", 0, no, "False: there is no summer time."),
    Row::new("utc", 0, to_utc, "Changes it to UTC."),
    Row::new("gmtime", 0, to_utc, "Changes it to UTC."),
    Row::new("getutc", 0, get_utc, "The same time in UTC."),
    Row::new("getgm", 0, get_utc, "The same time in UTC."),
    Row::new(
        "localtime",
        0,
        to_local,
        "Changes it to the local zone, or to an offset.",
    )
    .to(1),
    Row::new(
        "getlocal",
        0,
        get_local,
        "The same time in the local zone, or at an offset.",
    )
    .to(1),
];

const ARITHMETIC: &[Row] = &[
    Row::new("+", 1, add, "So many seconds later."),
    Row::new(
        "-",
        1,
        subtract,
        "So many seconds earlier, or the seconds between two times.",
    ),
    Row::new("<=>", 1, compare, "Earlier: -1, the same: 0, later: 1."),
    Row::new("==", 1, equal, "Whether both are the same moment."),
    Row::new("eql?", 1, equal, "Whether both are the same moment."),
    Row::new("hash", 0, hash, "A number that is equal for equal times."),
    Row::new("round", 0, round, "Rounded to digits of the second.").to(1),
    Row::new("floor", 0, floor, "Rounded down to digits of the second.").to(1),
    Row::new("ceil", 0, ceil, "Rounded up to digits of the second.").to(1),
    Row::new("dup", 0, dup, "A copy."),
    Row::new("clone", 0, dup, "A copy.").keywords(&["freeze"]),
];

const TEXTS: &[Row] = &[
    Row::new("to_s", 0, to_s, "Date, time and zone."),
    Row::new(
        "inspect",
        0,
        inspect,
        "Date, time with its fraction, and zone.",
    ),
    Row::new("strftime", 1, strftime, "The time in a format."),
    Row::new(
        "iso8601",
        0,
        iso8601,
        "The time as ISO 8601 and XML have it.",
    )
    .to(1),
    Row::new(
        "xmlschema",
        0,
        iso8601,
        "The time as ISO 8601 and XML have it.",
    )
    .to(1),
    Row::new("rfc2822", 0, rfc2822, "The time as mails have it."),
    Row::new("rfc822", 0, rfc2822, "The time as mails have it."),
    Row::new("httpdate", 0, httpdate, "The time as HTTP has it."),
    Row::new("ctime", 0, ctime, "The time as C prints it."),
    Row::new("asctime", 0, ctime, "The time as C prints it."),
    Row::new("to_time", 0, itself, "Itself."),
    Row::new("to_date", 0, to_date, "Its day."),
    Row::new(
        "to_datetime",
        0,
        to_datetime,
        "The same moment as a DateTime.",
    ),
];

/// The moment of a `Time` or `DateTime`.
pub(super) fn moment_of(value: Value<'_>) -> Option<Moment> {
    match value {
        Value::Object(object) => object.with(|moment: &mut Moment| moment.clone()),
        _ => None,
    }
}

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Moment> {
    match moment_of(this) {
        Some(moment) => Ok(moment),
        None => vm.raise("TypeError", "uninitialized Time"),
    }
}

fn fields<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Fields> {
    Ok(own(vm, this)?.fields())
}

/// A `Time`.
pub(super) fn new_time<'h>(vm: &mut Vm<'h>, moment: Moment) -> Value<'h> {
    let class = vm.class_named("Time");
    with_class(vm, class, moment)
}

/// An object of a class below `Time` or `DateTime`.
pub(super) fn with_class<'h>(
    vm: &mut Vm<'h>,
    class: &'h super::super::class::Class<'h>,
    moment: Moment,
) -> Value<'h> {
    vm.heap.take(128);
    let data = Data::Opaque(std::cell::RefCell::new(Box::new(moment)));
    Value::Object(vm.object(class, data))
}

fn made<'h>(vm: &mut Vm<'h>, class: Value<'h>, moment: Moment) -> Res<'h> {
    match class {
        Value::Class(class) => Ok(with_class(vm, class, moment)),
        _ => Ok(new_time(vm, moment)),
    }
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn no<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(false))
}

/// Where a time is seen.
#[derive(Clone, Copy)]
enum Zone {
    Local,
    Utc,
    Offset(i32),
}

fn seen(moment: &Moment, zone: Zone) -> Moment {
    match zone {
        Zone::Local => moment.local(),
        Zone::Utc => moment.at_offset(None),
        Zone::Offset(offset) => moment.at_offset(Some(offset)),
    }
}

/// A zone as an argument: `UTC`, `Z`, `+09:00`, or seconds.
fn zone_argument<'h>(vm: &mut Vm<'h>, zone: Value<'h>) -> Res<'h, Zone> {
    match zone {
        Value::Nil => Ok(Zone::Local),
        Value::String(text) => {
            let text = text.text();
            if let Some(zone) = read_zone(&text) {
                Ok(zone)
            } else {
                let wanted = "\"+HH:MM\", \"-HH:MM\", \"UTC\" or \"A\"..\"I\",\"K\"..\"Z\" expected for utc_offset";
                vm.raise("ArgumentError", format!("{wanted}: {text}"))
            }
        }
        _ => {
            let offset = vm.long(zone)?;
            match i32::try_from(offset)
                .ok()
                .filter(|offset| offset.abs() < 86_400)
            {
                Some(offset) => Ok(Zone::Offset(offset)),
                None => vm.raise("ArgumentError", "utc_offset out of range"),
            }
        }
    }
}

fn read_zone(text: &str) -> Option<Zone> {
    if matches!(text, "UTC" | "Z" | "-00:00") {
        return Some(Zone::Utc);
    }
    if let [letter @ (b'A'..=b'I' | b'K'..=b'Y')] = text.as_bytes() {
        let hours = match letter {
            b'A'..=b'I' => i32::from(letter - b'A') + 1,
            b'K'..=b'M' => i32::from(letter - b'K') + 10,
            _ => -(i32::from(letter - b'N') + 1),
        };
        return Some(Zone::Offset(hours * 3600));
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = rest.replace(':', "");
    let shaped = matches!((rest.len(), digits.len()), (2, 2) | (4 | 5, 4) | (6 | 8, 6));
    if !shaped || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| {
        digits
            .get(from..from + 2)
            .map_or(Some(0), |part| part.parse::<i32>().ok())
    };
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    (hours < 24 && minutes < 60 && seconds < 60)
        .then_some(Zone::Offset(sign * (hours * 3600 + minutes * 60 + seconds)))
}

fn now<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (seconds, nanoseconds) = vm.world.now;
    let moment = vm.lift(Moment::utc(seconds, nanoseconds))?;
    let zone = args.keyword(vm, "in").unwrap_or(Value::Nil);
    let zone = zone_argument(vm, zone)?;
    made(vm, this, seen(&moment, zone))
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let named = args.keyword(vm, "in");
    match args.values {
        [] => now(vm, this, args),
        [Value::String(text)] => {
            let text = text.text();
            if let Ok(year) = text.parse::<i64>() {
                let zone = zone_argument(vm, named.unwrap_or(Value::Nil))?;
                return assembled(vm, this, &[Value::Integer(year)], zone);
            }
            let zone = zone_argument(vm, named.unwrap_or(Value::Nil))?;
            let shown = vm.inspect(args.at(0))?;
            let moment = vm.lift(calendar::time_new(&text, &shown))?;
            match zone {
                Zone::Local => made(vm, this, moment),
                _ => vm.unsupported("Time.new of a text with `in:`"),
            }
        }
        values => {
            if named.is_some() && values.len() == 7 {
                return vm.raise(
                    "ArgumentError",
                    "timezone argument given as positional and keyword arguments",
                );
            }
            let zone = zone_argument(vm, named.unwrap_or(args.at(6)))?;
            assembled(vm, this, values.get(..6).unwrap_or(values), zone)
        }
    }
}

fn utc_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    assembled(vm, this, args.values, Zone::Utc)
}

fn local_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    assembled(vm, this, args.values, Zone::Local)
}

/// An integer of a field, also given as digits.
fn field<'h>(vm: &mut Vm<'h>, value: Option<&Value<'h>>, default: i64) -> Res<'h, i64> {
    match value {
        None | Some(Value::Nil) => Ok(default),
        Some(Value::String(_)) => {
            let whole = super::conversion::to_integer(
                vm,
                *value.unwrap_or(&Value::Nil),
                Some(Value::Integer(10)),
            )?;
            vm.long(whole)
        }
        Some(value) => vm.long(*value),
    }
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

fn month_field<'h>(vm: &mut Vm<'h>, value: Option<&Value<'h>>) -> Res<'h, i64> {
    if let Some(Value::String(name)) = value {
        let name = name.text().to_ascii_lowercase();
        if let Some(place) = MONTHS.iter().position(|month| *month == name) {
            return Ok(i64::try_from(place).unwrap_or(0) + 1);
        }
    }
    field(vm, value, 1)
}

/// Seconds and nanoseconds of a number of seconds. Smaller parts are refused.
fn seconds_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, (i64, u32)> {
    if let Value::Float(float) = value {
        if !float.is_finite() {
            return vm.raise(
                "FloatDomainError",
                super::super::number::float::float_to_s(float),
            );
        }
        let whole = float.floor();
        let nanoseconds = (float - whole) * 1e9;
        let exact = nanoseconds.fract() == 0.0 && whole.abs() < 1e15;
        if !exact {
            return vm.unsupported("a time with parts of a nanosecond");
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "both are whole and small enough"
        )]
        return Ok((whole as i64, nanoseconds as u32));
    }
    if matches!(
        value,
        Value::Nil | Value::String(_) | Value::Bool(_) | Value::Symbol(_)
    ) {
        let class = vm.class_of(value).real();
        let class = vm.class_name(class);
        return vm.raise(
            "TypeError",
            format!("can't convert {class} into an exact number"),
        );
    }
    if big(value).is_none() {
        return vm.unsupported("a time of other than integers and floats");
    }
    Ok((vm.long(value)?, 0))
}

/// A time of its fields.
fn assembled<'h>(vm: &mut Vm<'h>, class: Value<'h>, values: &[Value<'h>], zone: Zone) -> Res<'h> {
    if values.len() > 7 {
        return vm.wrong_number(values.len(), 1, Some(8));
    }
    let year = field(vm, values.first(), 0)?;
    let month = month_field(vm, values.get(1))?;
    let day = field(vm, values.get(2), 1)?;
    let hour = field(vm, values.get(3), 0)?;
    let minute = field(vm, values.get(4), 0)?;
    let (second, mut nanoseconds) = match values.get(5) {
        Some(float @ Value::Float(_)) => seconds_of(vm, *float)?,
        second => (field(vm, second, 0)?, 0),
    };
    if let Some(microseconds) = values.get(6) {
        let microseconds = vm.long(*microseconds)?;
        match u32::try_from(microseconds)
            .ok()
            .filter(|small| *small < 1_000_000)
        {
            Some(small) => nanoseconds = small * 1000,
            None => return vm.raise("ArgumentError", "subsecx out of range"),
        }
    }
    let moment = calendar::civil_moment(
        [year, month, day, hour, minute, second],
        nanoseconds,
        match zone {
            Zone::Utc => None,
            Zone::Local => Some(0),
            Zone::Offset(offset) => Some(offset),
        },
    );
    let moment = vm.lift(moment)?;
    made(
        vm,
        class,
        if matches!(zone, Zone::Local) {
            moment.local()
        } else {
            moment
        },
    )
}

fn at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let zone = args.keyword(vm, "in").unwrap_or(Value::Nil);
    let zone = zone_argument(vm, zone)?;
    if let Some(moment) = moment_of(args.at(0)) {
        let moved = if args.keyword(vm, "in").is_some() {
            seen(&moment, zone)
        } else {
            moment
        };
        return made(vm, this, moved);
    }
    let (seconds, nanoseconds) = seconds_of(vm, args.at(0))?;
    let more = match args.get(1) {
        Some(part) => subsecond(vm, part, args.get(2))?,
        None => 0,
    };
    let moment = moved(vm, (seconds, nanoseconds), more)?;
    made(vm, this, seen(&moment, zone))
}

/// The second argument of `Time.at` in nanoseconds.
fn subsecond<'h>(vm: &mut Vm<'h>, part: Value<'h>, unit: Option<Value<'h>>) -> Res<'h, i64> {
    let unit = match unit {
        Some(unit) => vm.display(unit)?,
        None => "microsecond".to_owned(),
    };
    let size = match unit.as_str() {
        "millisecond" => 1_000_000,
        "microsecond" | "usec" => 1000,
        "nanosecond" | "nsec" => 1,
        _ => return vm.raise("ArgumentError", format!("unexpected unit: {unit}")),
    };
    let Some(part) = big(part) else {
        return vm.unsupported("Time.at with a fraction");
    };
    let part: BigInt = part * size;
    match part.to_i64() {
        Some(nanoseconds) => Ok(nanoseconds),
        None => vm.unsupported("a time beyond the years that are supported"),
    }
}

/// The moment so many nanoseconds after another.
fn moved<'h>(vm: &mut Vm<'h>, (seconds, nanoseconds): (i64, u32), more: i64) -> Res<'h, Moment> {
    let sum = i64::from(nanoseconds) + more % 1_000_000_000;
    let seconds = seconds.checked_add(more / 1_000_000_000 + sum.div_euclid(1_000_000_000));
    let nanoseconds = u32::try_from(sum.rem_euclid(1_000_000_000)).unwrap_or(0);
    match seconds {
        Some(seconds) => vm.lift(Moment::utc(seconds, nanoseconds)),
        None => vm.unsupported("a time beyond the years that are supported"),
    }
}

/// A text argument, with how `inspect` shows it.
fn text_argument<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, (String, String)> {
    let text = vm.string(value)?;
    let shown = vm.inspect(Value::String(text))?;
    Ok((text.text(), shown))
}

fn parse<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, shown) = text_argument(vm, args.at(0))?;
    let moment = vm.lift(calendar::time_parse(&text, &shown))?;
    made(vm, this, moment)
}

fn strptime<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, _) = text_argument(vm, args.at(0))?;
    let (format, _) = text_argument(vm, args.at(1))?;
    let moment = vm.lift(calendar::time_strptime(&text, &format))?;
    made(vm, this, moment)
}

fn read_iso8601<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, shown) = text_argument(vm, args.at(0))?;
    let moment = vm.lift(calendar::time_iso8601(&text, &shown))?;
    made(vm, this, moment)
}

fn read_rfc2822<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, shown) = text_argument(vm, args.at(0))?;
    let moment = vm.lift(calendar::time_rfc2822(&text, &shown))?;
    made(vm, this, moment)
}

fn read_httpdate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, shown) = text_argument(vm, args.at(0))?;
    let moment = vm.lift(calendar::time_httpdate(&text, &shown))?;
    made(vm, this, moment)
}

fn year<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(fields(vm, this)?.date.year))
}

fn month<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(i64::from(fields(vm, this)?.date.month)))
}

fn day<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(i64::from(fields(vm, this)?.date.day)))
}

fn hour<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(fields(vm, this)?.hour))
}

fn minute<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(fields(vm, this)?.minute))
}

fn second<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(fields(vm, this)?.second))
}

fn usec<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(i64::from(own(vm, this)?.nanoseconds / 1000)))
}

fn nsec<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(i64::from(own(vm, this)?.nanoseconds)))
}

fn wday<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(i64::from(fields(vm, this)?.date.weekday())))
}

fn yday<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(i64::from(
        fields(vm, this)?.date.day_of_year(),
    )))
}

fn is_weekday<'h>(vm: &mut Vm<'h>, this: Value<'h>, day: u8) -> Res<'h> {
    Ok(Value::Bool(fields(vm, this)?.date.weekday() == day))
}

fn to_i<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(own(vm, this)?.seconds))
}

fn to_f<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    Ok(Value::Float(as_float(nanoseconds(&moment))))
}

/// Nanoseconds after 1970 in UTC.
fn nanoseconds(moment: &Moment) -> i128 {
    i128::from(moment.seconds) * 1_000_000_000 + i128::from(moment.nanoseconds)
}

/// Nanoseconds as seconds, rounded once.
fn as_float(nanoseconds: i128) -> f64 {
    super::super::number::float::fdiv(&BigInt::from(nanoseconds), &BigInt::from(1_000_000_000))
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    let fields = moment.fields();
    let date = fields.date;
    let numbers = [
        fields.second,
        fields.minute,
        fields.hour,
        i64::from(date.day),
        i64::from(date.month),
        date.year,
        i64::from(date.weekday()),
        i64::from(date.day_of_year()),
    ];
    let mut items: Vec<_> = numbers.into_iter().map(Value::Integer).collect();
    items.push(Value::Bool(false));
    items.push(zone_name(vm, &moment));
    Ok(vm.array(items))
}

fn zone_name<'h>(vm: &mut Vm<'h>, moment: &Moment) -> Value<'h> {
    match &moment.zone {
        Some(zone) => vm.bytes(zone.clone().into_bytes(), Encoding::UsAscii),
        None => Value::Nil,
    }
}

fn zone<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    Ok(zone_name(vm, &moment))
}

fn utc_offset<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(i64::from(own(vm, this)?.offset)))
}

fn is_utc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.is_utc()))
}

/// Changes the time to a zone.
fn change<'h>(vm: &mut Vm<'h>, this: Value<'h>, zone: Zone) -> Res<'h> {
    if super::kernel::frozen(this) {
        return vm.frozen(this);
    }
    if let Value::Object(object) = this {
        object.with(|moment: &mut Moment| *moment = seen(moment, zone));
    }
    Ok(this)
}

fn to_utc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    change(vm, this, Zone::Utc)
}

fn to_local<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let zone = zone_argument(vm, args.at(0))?;
    change(vm, this, zone)
}

fn get_utc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    alike(vm, this, seen(&moment, Zone::Utc))
}

fn get_local<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let zone = zone_argument(vm, args.at(0))?;
    let moment = own(vm, this)?;
    alike(vm, this, seen(&moment, zone))
}

/// Another time of the class of this one.
fn alike<'h>(vm: &mut Vm<'h>, this: Value<'h>, moment: Moment) -> Res<'h> {
    let class = vm.class_of(this).real();
    Ok(with_class(vm, class, moment))
}

/// The time so many nanoseconds later, in the same zone.
fn later<'h>(vm: &mut Vm<'h>, this: Value<'h>, by: i128) -> Res<'h> {
    let moment = own(vm, this)?;
    let sum = nanoseconds(&moment) + by;
    let seconds = i64::try_from(sum.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    let rest = u32::try_from(sum.rem_euclid(1_000_000_000)).unwrap_or(0);
    let made = vm.lift(Moment::utc(seconds, rest))?;
    let later = Moment {
        seconds: made.seconds,
        nanoseconds: made.nanoseconds,
        ..moment
    };
    // Also of a class below Time the result is a Time.
    Ok(new_time(vm, later))
}

/// A number of seconds in nanoseconds.
fn interval<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, i128> {
    let (seconds, rest) = seconds_of(vm, value)?;
    Ok(i128::from(seconds) * 1_000_000_000 + i128::from(rest))
}

/// What is added: a duration counts as its seconds.
fn seconds<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    if is_duration(vm, value) {
        return duration_seconds(vm, value);
    }
    Ok(value)
}

fn add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if moment_of(args.at(0)).is_some() {
        return vm.raise("TypeError", "time + time?");
    }
    let by = seconds(vm, args.at(0))?;
    let by = interval(vm, by)?;
    later(vm, this, by)
}

fn subtract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let Some(other) = moment_of(args.at(0)) {
        let moment = own(vm, this)?;
        return Ok(Value::Float(as_float(
            nanoseconds(&moment) - nanoseconds(&other),
        )));
    }
    let by = seconds(vm, args.at(0))?;
    let by = interval(vm, by)?;
    later(vm, this, -by)
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    Ok(match moment_of(args.at(0)) {
        Some(other) => Value::Integer(nanoseconds(&moment).cmp(&nanoseconds(&other)) as i64),
        None => Value::Nil,
    })
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let order = compare(vm, this, args)?;
    Ok(Value::Bool(matches!(order, Value::Integer(0))))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    let whole = vm.integer(BigInt::from(nanoseconds(&moment)));
    vm.call_method(whole, known::HASH, &[])
}

/// Rounds the second to digits.
fn rounded<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    up: fn(i128, i128) -> bool,
) -> Res<'h> {
    let digits = match args.get(0) {
        Some(digits) => vm.long(digits)?,
        None => 0,
    };
    let Ok(digits) = u32::try_from(digits) else {
        return vm.raise("ArgumentError", "negative ndigits given");
    };
    let unit = 10_i128.pow(9_u32.saturating_sub(digits));
    let moment = own(vm, this)?;
    let rest = nanoseconds(&moment).rem_euclid(unit);
    later(vm, this, if up(rest, unit) { unit - rest } else { -rest })
}

fn round<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, |rest, unit| rest * 2 >= unit && rest > 0)
}

fn floor<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, |_, _| false)
}

fn ceil<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, |rest, _| rest > 0)
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    alike(vm, this, moment)
}

fn ascii<'h>(vm: &mut Vm<'h>, text: String) -> Res<'h> {
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?.to_s();
    ascii(vm, text)
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?.inspect();
    ascii(vm, text)
}

/// A moment in a format; also of dates.
pub(super) fn formatted<'h>(
    vm: &mut Vm<'h>,
    moment: &Moment,
    format: Value<'h>,
    dialect: Dialect,
) -> Res<'h> {
    let format = vm.string(format)?;
    let limit = vm.world.limits.memory.saturating_sub(vm.heap.taken());
    vm.tick(format.len())?;
    let text = format.with_text(|format| calendar::strftime(moment, format, dialect, limit));
    let text = vm.lift(text)?;
    Ok(vm.str_like(format, text.into_bytes()))
}

fn strftime<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    formatted(vm, &moment, args.at(0), Dialect::Time)
}

/// Digits of a fraction as an argument.
pub(super) fn fraction_digits<'h>(vm: &mut Vm<'h>, value: Option<Value<'h>>) -> Res<'h, usize> {
    let digits = match value {
        Some(digits) => vm.long(digits)?,
        None => 0,
    };
    Ok(usize::try_from(digits).unwrap_or(0))
}

fn iso8601<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digits = fraction_digits(vm, args.get(0))?;
    let text = own(vm, this)?.iso8601(digits);
    let text = vm.lift(text)?;
    ascii(vm, text)
}

fn rfc2822<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?.rfc2822();
    ascii(vm, text)
}

fn httpdate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?.httpdate();
    ascii(vm, text)
}

fn ctime<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    let format = vm.str("%a %b %e %H:%M:%S %Y");
    formatted(vm, &moment, format, Dialect::Time)
}

fn to_date<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let day = own(vm, this)?.date();
    super::date::new_date(vm, day)
}

fn to_datetime<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let moment = own(vm, this)?;
    super::date::new_datetime(vm, &moment)
}
