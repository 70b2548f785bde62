//! `Random` and `SecureRandom`, and the random numbers of other methods.
//!
//! Numbers are those of Ruby for the same seed. `rand`, `Random.rand` and `SecureRandom` share one generator, whose seed
//! comes from outside; so a run with the same seed repeats them, which in Ruby no run does.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::super::eval::{Vm, big};
use super::super::twister::Twister;
use super::super::unwind::Res;
use super::super::value::{Data, Encoding, Range, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Random", "Object")
        .methods(&[GENERATOR])
        .class_methods(&[CREATE, CLASS_METHODS])
        .missing(&["dup", "clone"], &["urandom"]),
    ClassDefinition::module("SecureRandom")
        .class_methods(&[SECURE])
        .missing(&[], &["uuid_v7", "gen_random", "choose"]),
    ClassDefinition::module("Kernel")
        .methods(&[FUNCTIONS])
        .class_methods(&[FUNCTIONS]),
];

const CREATE: &[Row] = &[Row::new("new", 0, new, "A generator with a seed.").to(1)];

const CLASS_METHODS: &[Row] = &[
    Row::new(
        "rand",
        0,
        rand,
        "A random number below a limit or in a range.",
    )
    .to(1),
    Row::new(
        "random_number",
        0,
        random_number,
        "A random number below a limit or in a range.",
    )
    .to(1),
    Row::new("bytes", 1, bytes, "Random bytes."),
    Row::new("seed", 0, seed, "The seed."),
    Row::new("new_seed", 0, new_seed, "A number to be a seed."),
    Row::new(
        "srand",
        0,
        srand,
        "Sets the seed and returns the one before.",
    )
    .to(1),
];

const GENERATOR: &[Row] = &[
    Row::new(
        "rand",
        0,
        rand,
        "A random number below a limit or in a range.",
    )
    .to(1),
    Row::new(
        "random_number",
        0,
        random_number,
        "A random number below a limit or in a range.",
    )
    .to(1),
    Row::new("bytes", 1, bytes, "Random bytes."),
    Row::new("seed", 0, seed, "The seed."),
    Row::new("==", 1, equal, "Whether both will give the same numbers."),
];

const FUNCTIONS: &[Row] = &[
    Row::new(
        "rand",
        0,
        kernel_rand,
        "A random number below a limit or in a range.",
    )
    .to(1)
    .private(),
    Row::new(
        "srand",
        0,
        srand,
        "Sets the seed and returns the one before.",
    )
    .to(1)
    .private(),
];

const SECURE: &[Row] = &[
    Row::new("hex", 0, hex, "Random bytes as hexadecimal digits.").to(1),
    Row::new("uuid", 0, uuid, "A random UUID."),
    Row::new("uuid_v4", 0, uuid, "A random UUID."),
    Row::new(
        "alphanumeric",
        0,
        alphanumeric,
        "Random letters and digits.",
    )
    .to(1)
    .keywords(&["chars"]),
    Row::new("base64", 0, base64, "Random bytes in Base64.").to(1),
    Row::new(
        "urlsafe_base64",
        0,
        urlsafe_base64,
        "Random bytes in Base64 for URLs.",
    )
    .to(2),
    Row::new("random_bytes", 0, random_bytes, "Random bytes.").to(1),
    Row::new("bytes", 1, random_bytes, "Random bytes."),
    Row::new(
        "random_number",
        0,
        random_number,
        "A random number below a limit or in a range.",
    )
    .to(1),
    Row::new(
        "rand",
        0,
        random_number,
        "A random number below a limit or in a range.",
    )
    .to(1),
];

/// A generator and the seed it started with.
pub struct Generator {
    twister: Twister,
    seed: BigInt,
}

impl Generator {
    /// With a seed.
    pub fn new(seed: BigInt) -> Self {
        Self {
            twister: Twister::new(&seed),
            seed,
        }
    }
}

/// Runs a step on the generator of an object, or on the common one.
fn with<'h, T>(vm: &mut Vm<'h>, this: Value<'h>, step: impl FnOnce(&mut Generator) -> T) -> T {
    if let Value::Object(object) = this
        && let Data::Opaque(data) = &object.data
        && let Some(generator) = data.borrow_mut().downcast_mut::<Generator>()
    {
        return step(generator);
    }
    let seed = vm.world.seed;
    step(
        vm.random
            .get_or_insert_with(|| Box::new(Generator::new(BigInt::from(seed)))),
    )
}

/// A number below a limit, from the generator given as `random:` or the common one; for `shuffle` and `sample`.
///
/// An object that is no `Random` is asked for `rand(limit)`.
pub(super) fn random_below<'h>(
    vm: &mut Vm<'h>,
    random: Option<Value<'h>>,
    limit: u64,
) -> Res<'h, u64> {
    let random = random.unwrap_or(Value::Nil);
    let own = matches!(random, Value::Nil | Value::Class(_)) || vm.is_a(random, "Random");
    if own {
        return Ok(with(vm, random, |generator| {
            generator.twister.up_to(limit.saturating_sub(1))
        }));
    }
    let asked = vm.integer(BigInt::from(limit));
    let number = vm.call_named(random, "rand", &[asked])?;
    let number = vm.long(number)?;
    match u64::try_from(number) {
        Ok(number) if number < limit => Ok(number),
        Ok(_) => vm.raise("RangeError", format!("random number too big {number}")),
        Err(_) => vm.raise("RangeError", format!("random number too small {number}")),
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let seed = match args.get(0) {
        Some(seed) => vm.whole(seed)?,
        None => fresh_seed(vm),
    };
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    vm.grow(4096)?;
    vm.tick(1000 + usize::try_from(seed.bits()).unwrap_or(usize::MAX) / 8)?;
    let data = Data::Opaque(std::cell::RefCell::new(Box::new(Generator::new(seed))));
    Ok(Value::Object(vm.object(class, data)))
}

/// A seed from the common generator.
fn fresh_seed(vm: &mut Vm<'_>) -> BigInt {
    with(vm, Value::Nil, |generator| {
        BigInt::from_bytes_le(num_bigint::Sign::Plus, &generator.twister.bytes(16))
    })
}

fn new_seed<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let seed = fresh_seed(vm);
    Ok(vm.integer(seed))
}

fn seed<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let seed = with(vm, this, |generator| generator.seed.clone());
    Ok(vm.integer(seed))
}

fn srand<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let seed = match args.get(0) {
        Some(seed) => vm.whole(seed)?,
        None => fresh_seed(vm),
    };
    vm.tick(1000 + usize::try_from(seed.bits()).unwrap_or(usize::MAX) / 8)?;
    let old = with(vm, Value::Nil, |generator| {
        std::mem::replace(generator, Generator::new(seed)).seed
    });
    Ok(vm.integer(old))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if !vm.is_a(other, "Random") || matches!(other, Value::Class(_)) {
        return Ok(Value::Bool(false));
    }
    // Equal generators of one seed give the same next numbers; a copy is asked for them.
    let ahead = |generator: &mut Generator| {
        let mut copy = generator.twister.clone();
        (generator.seed.clone(), copy.bytes(64))
    };
    Ok(Value::Bool(with(vm, this, ahead) == with(vm, other, ahead)))
}

fn float<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Value<'h> {
    Value::Float(with(vm, this, |generator| generator.twister.float()))
}

/// An integer from zero up to a limit, which it can reach.
fn up_to<'h>(vm: &mut Vm<'h>, this: Value<'h>, limit: &BigInt) -> Res<'h, BigInt> {
    match limit.to_u64() {
        Some(limit) => Ok(BigInt::from(with(vm, this, |generator| {
            generator.twister.up_to(limit)
        }))),
        None => vm.unsupported("a random number of more than 64 bits"),
    }
}

/// Raises ArgumentError for a limit that allows no number.
fn invalid<'h, T>(vm: &mut Vm<'h>, limit: Value<'h>) -> Res<'h, T> {
    let shown = vm.display(limit)?;
    vm.raise("ArgumentError", format!("invalid argument - {shown}"))
}

fn rand<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.get(0) {
        None => Ok(float(vm, this)),
        Some(limit) => match bounded(vm, this, limit)? {
            Some(value) => Ok(value),
            None => invalid(vm, limit),
        },
    }
}

/// A number below a limit or in a range; `None` where there is none.
fn bounded<'h>(vm: &mut Vm<'h>, this: Value<'h>, limit: Value<'h>) -> Res<'h, Option<Value<'h>>> {
    match limit {
        Value::Nil => Ok(None),
        Value::Range(range) => in_range(vm, this, range),
        Value::Float(limit) if limit.is_nan() || limit.is_infinite() => {
            vm.unsupported("a random number below an infinite one")
        }
        Value::Float(limit) if limit < 0.0 => Ok(None),
        Value::Float(limit) => {
            let share = with(vm, this, |generator| generator.twister.float());
            Ok(Some(Value::Float(if limit == 0.0 {
                share
            } else {
                share * limit
            })))
        }
        _ => {
            let limit = vm.whole(limit)?;
            if !limit.is_positive() {
                return Ok(None);
            }
            let number = up_to(vm, this, &(limit - 1))?;
            Ok(Some(vm.integer(number)))
        }
    }
}

fn in_range<'h>(vm: &mut Vm<'h>, this: Value<'h>, range: &Range<'h>) -> Res<'h, Option<Value<'h>>> {
    if let (Some(first), Some(last)) = (big(range.first), big(range.last)) {
        let size = last - &first - i32::from(range.exclusive);
        if size.is_negative() {
            return Ok(None);
        }
        let number = up_to(vm, this, &size)? + first;
        return Ok(Some(vm.integer(number)));
    }
    let (Some(first), Some(last)) = (
        super::numeric::float_of(range.first),
        super::numeric::float_of(range.last),
    ) else {
        return vm.unsupported("a random number in a range without both ends as numbers");
    };
    let size = last - first;
    if !size.is_finite() {
        return vm.unsupported("a random number in a range of infinite size");
    }
    if size < 0.0 || (size == 0.0 && range.exclusive) {
        return Ok(None);
    }
    let exclusive = range.exclusive;
    let share = with(vm, this, |generator| {
        if exclusive {
            generator.twister.float()
        } else {
            generator.twister.float_inclusive()
        }
    });
    Ok(Some(Value::Float(share * size + first)))
}

/// `Kernel#rand`: limits lose fraction and sign; zero and nil stand for a float.
fn kernel_rand<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let common = Value::Nil;
    match args.at(0) {
        Value::Nil => Ok(float(vm, common)),
        Value::Range(range) => Ok(in_range(vm, common, range)?.unwrap_or(Value::Nil)),
        limit => {
            let limit = vm.whole(limit)?.abs();
            if !limit.is_positive() {
                return Ok(float(vm, common));
            }
            let number = up_to(vm, common, &(limit - 1))?;
            Ok(vm.integer(number))
        }
    }
}

/// `random_number`: limits without a number give a float.
fn random_number<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match bounded(vm, this, args.at(0))? {
        Some(value) => Ok(value),
        None => Ok(float(vm, this)),
    }
}

/// Random bytes, so many as an argument says.
fn some_bytes<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    count: Value<'h>,
    default: usize,
) -> Res<'h, Vec<u8>> {
    let count = match count {
        Value::Nil => default,
        count => {
            let count = vm.long(count)?;
            let Ok(count) = usize::try_from(count) else {
                return vm.raise("ArgumentError", "negative string size (or size too big)");
            };
            count
        }
    };
    vm.reserve(count)?;
    vm.tick(count / 4)?;
    Ok(with(vm, this, |generator| generator.twister.bytes(count)))
}

fn bytes<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.at(0).is_nil() {
        return vm.raise("TypeError", "no implicit conversion from nil to integer");
    }
    random_bytes(vm, this, args)
}

fn random_bytes<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = some_bytes(vm, this, args.at(0), 16)?;
    Ok(vm.bytes(bytes, Encoding::Binary))
}

fn digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

fn hex<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = some_bytes(vm, this, args.at(0), 16)?;
    Ok(vm.bytes(digits(&bytes).into_bytes(), Encoding::UsAscii))
}

fn uuid<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mut bytes = some_bytes(vm, this, Value::Nil, 16)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = digits(&bytes);
    let parts =
        [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    Ok(vm.str(parts.join("-")))
}

fn alphanumeric<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = match args.at(0) {
        Value::Nil => 16,
        count => vm.long(count)?,
    };
    let characters: Vec<String> = match args.keyword(vm, "chars") {
        None | Some(Value::Nil) => ('A'..='Z')
            .chain('a'..='z')
            .chain('0'..='9')
            .map(String::from)
            .collect(),
        Some(list) => {
            let items = vm.splat(list)?;
            items
                .into_iter()
                .map(|item| vm.display(item))
                .collect::<Result<_, _>>()?
        }
    };
    let mut text = String::new();
    for _ in 0..count {
        vm.tick(1)?;
        let place = random_below(vm, Some(this), characters.len() as u64)?;
        let chosen = usize::try_from(place)
            .ok()
            .and_then(|place| characters.get(place));
        text.push_str(chosen.map_or("", String::as_str));
        vm.reserve(text.len())?;
    }
    Ok(vm.str(text))
}

fn base64<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = some_bytes(vm, this, args.at(0), 16)?;
    vm.reserve(bytes.len().saturating_mul(2))?;
    let text = <base64ct::Base64 as base64ct::Encoding>::encode_string(&bytes);
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}

fn urlsafe_base64<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = some_bytes(vm, this, args.at(0), 16)?;
    vm.reserve(bytes.len().saturating_mul(2))?;
    let text = if args.at(1).truthy() {
        <base64ct::Base64Url as base64ct::Encoding>::encode_string(&bytes)
    } else {
        <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(&bytes)
    };
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}
