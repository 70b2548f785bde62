//! `IPAddr`, as version 1.2.7 of its library.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::cell::RefCell;

use num_bigint::BigInt;

use super::super::class::Class;
use super::super::eval::big;
use super::super::eval::{Version, Vm};
use super::super::symbol::known;
use super::super::unwind::{Res, Unwind};
use super::super::value::{Data, Encoding, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("IPAddr", "Object")
        .includes(&["Comparable"])
        .methods(&[METHODS])
        .class_methods(&[CLASS_METHODS])
        .missing(
            &["begin_addr", "end_addr", "set", "mask!", "zone_id="],
            &["new_ntoh", "ntop"],
        ),
    ClassDefinition::class("IPAddr::Error", "ArgumentError"),
    ClassDefinition::class("IPAddr::InvalidAddressError", "IPAddr::Error"),
    ClassDefinition::class("IPAddr::AddressFamilyError", "IPAddr::Error"),
    ClassDefinition::class("IPAddr::InvalidPrefixError", "IPAddr::InvalidAddressError"),
];

const CLASS_METHODS: &[Row] = &[Row::new(
    "new",
    0,
    new,
    "An address with its net, from a text or a number.",
)
.to(2)];

const METHODS: &[Row] = &[
    Row::new("&", 1, and, "The bits that are set in both."),
    Row::new("|", 1, or, "The bits that are set in one of both."),
    Row::new("~", 0, not, "All bits turned."),
    Row::new("<<", 1, shift_left, "The bits moved up."),
    Row::new(">>", 1, shift_right, "The bits moved down."),
    Row::new("==", 1, equal, "Whether family and address are the same."),
    Row::new("<=>", 1, compare, "The order of two addresses of a family."),
    Row::new("eql?", 1, eql, "Whether address and net are the same."),
    Row::new("hash", 0, hash, "Equal for addresses that are `eql?`."),
    Row::new(
        "include?",
        1,
        include,
        "Whether an address or net lies in the net.",
    ),
    Row::new(
        "===",
        1,
        include,
        "Whether an address or net lies in the net.",
    ),
    Row::new("mask", 1, mask, "The net of a length or mask."),
    Row::new("prefix", 0, prefix, "The length of the net."),
    Row::new("prefix=", 1, set_prefix, "Makes it the net of a length."),
    Row::new("netmask", 0, netmask, "The mask as text."),
    Row::new(
        "wildcard_mask",
        0,
        wildcard_mask,
        "The turned mask as text.",
    ),
    Row::new("cidr", 0, cidr, "Address and length as text."),
    Row::new(
        "as_json",
        0,
        as_json,
        "The address, with a length for nets.",
    )
    .rest(),
    Row::new(
        "to_json",
        0,
        to_json,
        "The address, with a length for nets.",
    )
    .rest(),
    Row::new("to_i", 0, to_i, "The address as a number."),
    Row::new("to_s", 0, to_s, "The address as short as possible."),
    Row::new("to_string", 0, to_string, "The address in full."),
    Row::new("inspect", 0, inspect, "Family, address and mask."),
    Row::new("to_range", 0, to_range, "First to last address of the net."),
    Row::new("succ", 0, succ, "The next address."),
    Row::new("hton", 0, hton, "The address as bytes."),
    Row::new("family", 0, family, "2 for IPv4, 10 for IPv6."),
    Row::new("ipv4?", 0, is_ipv4, "Whether it is of IPv4."),
    Row::new("ipv6?", 0, is_ipv6, "Whether it is of IPv6."),
    Row::new("private?", 0, is_private, "Whether it is for private nets."),
    Row::new(
        "loopback?",
        0,
        is_loopback,
        "Whether it is the host itself.",
    ),
    Row::new(
        "link_local?",
        0,
        is_link_local,
        "Whether it is of the link.",
    ),
    Row::new("reverse", 0, reverse, "The name for reverse look-ups."),
    Row::new("ip6_arpa", 0, ip6_arpa, "The name for reverse look-ups."),
    Row::new(
        "ip6_int",
        0,
        ip6_int,
        "The older name for reverse look-ups.",
    ),
    Row::new("ipv4_mapped", 0, ipv4_mapped, "The IPv4 address in IPv6."),
    Row::new(
        "ipv4_compat",
        0,
        ipv4_compat,
        "The IPv4 address in IPv6, the older way.",
    ),
    Row::new(
        "ipv4_mapped?",
        0,
        is_mapped,
        "Whether it is an IPv4 address in IPv6.",
    ),
    Row::new(
        "ipv4_compat?",
        0,
        is_compat,
        "Whether it is one the older way.",
    ),
    Row::new("native", 0, native, "The IPv4 address that is in it."),
    Row::new("zone_id", 0, zone_id, "The zone behind `%`."),
    Row::new("dup", 0, dup, "A copy."),
];

const INVALID: &str = "IPAddr::InvalidAddressError";
const PREFIX: &str = "IPAddr::InvalidPrefixError";

/// Address and net. The mask is kept as it is: `ipv4_compat` and operators leave it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    v6: bool,
    bits: u128,
    mask: u128,
    /// With its `%`.
    zone: Option<String>,
}

/// A text that is no address: the class of the error and what it says.
type Fault = (&'static str, String);

impl Address {
    fn width(&self) -> u32 {
        if self.v6 { 128 } else { 32 }
    }

    fn all(v6: bool) -> u128 {
        if v6 { u128::MAX } else { u128::from(u32::MAX) }
    }

    fn single(v6: bool, bits: u128) -> Self {
        Self {
            v6,
            bits,
            mask: Self::all(v6),
            zone: None,
        }
    }

    /// The same with other bits.
    fn with(&self, bits: u128) -> Self {
        Self {
            bits: bits & Self::all(self.v6),
            ..self.clone()
        }
    }

    fn prefix(&self) -> u32 {
        self.mask.count_ones()
    }

    fn first(&self) -> u128 {
        self.bits & self.mask
    }

    fn last(&self) -> u128 {
        self.bits | (Self::all(self.v6) ^ self.mask)
    }

    fn masked(&self, length: u32) -> Result<Self, Fault> {
        let width = self.width();
        if length > width {
            return Err((PREFIX, "invalid length".to_owned()));
        }
        let all = Self::all(self.v6);
        let host = all.checked_shr(length).unwrap_or(0) & all;
        let mask = all ^ if length == width { 0 } else { host };
        Ok(Self {
            bits: self.bits & mask,
            mask,
            ..self.clone()
        })
    }

    /// By a length or a mask in text.
    fn masked_by(&self, text: &str) -> Result<Self, Fault> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            if text.len() > 1 && text.starts_with('0') {
                return Err((PREFIX, "leading zeros in prefix".to_owned()));
            }
            return self.masked(text.parse().unwrap_or(u32::MAX));
        }
        let mask = Self::parse(text)?;
        if mask.v6 != self.v6 {
            return Err((PREFIX, "address family is not same".to_owned()));
        }
        // Ones must come before zeros.
        let turned = Self::all(self.v6) ^ mask.bits;
        if turned & turned.wrapping_add(1) != 0 {
            return Err((PREFIX, format!("invalid mask {text}")));
        }
        self.masked(mask.bits.count_ones())
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let invalid = || (INVALID, "invalid address: ".to_owned());
        let (address, mask) = match text.split_once('/') {
            Some((address, mask)) => (address, Some(mask)),
            None => (text, None),
        };
        let inner = address
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'));
        let address = inner.unwrap_or(address);
        let parsed = match v4(address) {
            Some(bits) if inner.is_none() => Self::single(false, bits?.into()),
            _ => v6(address).ok_or_else(invalid)?,
        };
        match mask {
            Some(mask) => parsed.masked_by(mask),
            None => Ok(parsed),
        }
    }

    fn text(&self) -> String {
        let zone = self.zone.as_deref().unwrap_or_default();
        if !self.v6 {
            return self.full();
        }
        format!("{}{zone}", short_v6(self.bits))
    }

    fn full(&self) -> String {
        full_text(self.v6, self.bits)
    }

    /// The IPv4 address that a mapped one holds.
    fn unmapped(&self) -> Option<u32> {
        let mapped = self.v6 && self.bits >> 32 == 0xffff;
        mapped.then(|| low32(self.bits))
    }

    /// Whether it is in one of the nets of its family; an IPv4 address may be mapped.
    fn within(&self, v4: &[(u32, u32)], v6: &[(u128, u32)]) -> bool {
        let inner = if self.v6 {
            self.unmapped()
        } else {
            Some(low32(self.bits))
        };
        match inner {
            Some(bits) => v4
                .iter()
                .any(|(net, length)| bits.checked_shr(32 - length) == Some(*net)),
            None => v6
                .iter()
                .any(|(net, length)| self.bits.checked_shr(128 - length) == Some(*net)),
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
fn low32(bits: u128) -> u32 {
    bits as u32
}

fn full_text(v6: bool, bits: u128) -> String {
    if !v6 {
        return Ipv4Addr::from(low32(bits)).to_string();
    }
    let parts = Ipv6Addr::from(bits).segments();
    parts.map(|part| format!("{part:04x}")).join(":")
}

/// Four decimal numbers: `None` when it does not look like them, an error for zeros in front.
fn v4(text: &str) -> Option<Result<u32, Fault>> {
    let parts: Vec<&str> = text.split('.').collect();
    let is_number =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() != 4 || !parts.iter().all(is_number) {
        return None;
    }
    let mut bits = 0;
    for part in parts {
        match part.parse::<u8>() {
            Ok(_) if part.len() > 1 && part.starts_with('0') => {
                let message = "zero-filled number in IPv4 address is ambiguous: ";
                return Some(Err((INVALID, message.to_owned())));
            }
            Ok(number) => bits = bits << 8 | u32::from(number),
            Err(_) => return Some(Err((INVALID, "invalid address: ".to_owned()))),
        }
    }
    Some(Ok(bits))
}

fn v6(text: &str) -> Option<Address> {
    let (text, zone) = match text.split_once('%') {
        Some((text, zone)) if !zone.is_empty() => (text, Some(format!("%{zone}"))),
        Some(_) => return None,
        None => (text, None),
    };
    let address: Ipv6Addr = text.parse().ok()?;
    Some(Address {
        zone,
        ..Address::single(true, address.into())
    })
}

/// As short as Ruby writes it, with the last 32 bits as an IPv4 address where nothing but `ffff` is in front of them.
fn short_v6(bits: u128) -> String {
    let parts = Ipv6Addr::from(bits).segments();
    let text = parts.map(|part| format!("{part:x}")).join(":");
    let text = squeeze(&text);
    let tail = low32(bits);
    let embeds = bits >> 32 == 0xffff || (bits >> 32 == 0 && tail >> 16 != 0);
    if embeds {
        let front = if bits >> 32 == 0 { "::" } else { "::ffff:" };
        return format!("{front}{}", Ipv4Addr::from(tail));
    }
    text
}

/// The longest run of two or more zero parts becomes `::`, the first of equally long ones.
fn squeeze(text: &str) -> String {
    let parts: Vec<&str> = text.split(':').collect();
    let run_at = |start: usize| {
        parts
            .iter()
            .skip(start)
            .take_while(|part| **part == "0")
            .count()
    };
    let mut best = (0, 0);
    for start in 0..parts.len() {
        let length = run_at(start);
        if length > best.1 {
            best = (start, length);
        }
    }
    let (start, length) = best;
    if length < 2 {
        return text.to_owned();
    }
    let front = parts.get(..start).unwrap_or_default().join(":");
    let back = parts.get(start + length..).unwrap_or_default().join(":");
    format!("{front}::{back}")
}

fn of(this: Value<'_>) -> Option<Address> {
    let Value::Object(object) = this else {
        return None;
    };
    object.with(|address: &mut Address| address.clone())
}

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Address> {
    match of(this) {
        Some(address) => Ok(address),
        None => vm.unsupported("an IPAddr without an address"),
    }
}

fn made<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, address: Address) -> Value<'h> {
    Value::Object(vm.object(class, Data::Opaque(RefCell::new(Box::new(address)))))
}

/// An address of the class of another.
fn like<'h>(vm: &mut Vm<'h>, this: Value<'h>, address: Address) -> Value<'h> {
    let class = vm.class_of(this).real();
    made(vm, class, address)
}

/// Ruby 3.1's library names the address in its errors.
fn lifted<'h>(vm: &mut Vm<'h>, result: Result<Address, Fault>, text: &str) -> Res<'h, Address> {
    match result {
        Ok(address) => Ok(address),
        // Only texts that do not end where the address would stand have it added.
        Err((class, message))
            if vm.world.version == Version::Ruby31 && message != "invalid address: " =>
        {
            let message = message.trim_end().trim_end_matches(':');
            vm.raise(class, format!("{message}: {text}"))
        }
        Err((class, message)) => vm.raise(class, message),
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let family = args.at(1);
    let address = match args.get(0) {
        None => Address::single(true, 0),
        Some(Value::String(text)) => {
            let text = text.text();
            let parsed = lifted(vm, Address::parse(&text), &text)?;
            match family {
                Value::Integer(2) if parsed.v6 => {
                    return vm.raise("IPAddr::AddressFamilyError", "address family mismatch");
                }
                Value::Integer(10) if !parsed.v6 => {
                    return vm.raise("IPAddr::AddressFamilyError", "address family mismatch");
                }
                _ => parsed,
            }
        }
        Some(value) => number(vm, value, family)?,
    };
    Ok(made(vm, class, address))
}

fn number<'h>(vm: &mut Vm<'h>, value: Value<'h>, family: Value<'h>) -> Res<'h, Address> {
    let v6 = match family {
        Value::Integer(2) => false,
        Value::Integer(10) => true,
        Value::Nil | Value::Integer(0) => {
            let message = "address family must be specified";
            return vm.raise("IPAddr::AddressFamilyError", message);
        }
        other => {
            let shown = vm.display(other)?;
            let message = format!("unsupported address family: {shown}");
            return vm.raise("IPAddr::AddressFamilyError", message);
        }
    };
    let Some(number) = big(value) else {
        return vm.no_conversion(value, "Integer");
    };
    from_number(vm, v6, &number)
}

fn from_number<'h>(vm: &mut Vm<'h>, v6: bool, number: &BigInt) -> Res<'h, Address> {
    match u128::try_from(number) {
        Ok(bits) if bits <= Address::all(v6) => Ok(Address::single(v6, bits)),
        _ => vm.raise(INVALID, format!("invalid address: {number}")),
    }
}

/// Another address: itself, a text, or a number of the same family.
fn other<'h>(vm: &mut Vm<'h>, mine: &Address, value: Value<'h>) -> Res<'h, Address> {
    if let Some(address) = of(value) {
        return Ok(address);
    }
    match value {
        Value::String(text) => {
            let text = text.text();
            lifted(vm, Address::parse(&text), &text)
        }
        _ => match big(value) {
            Some(number) => from_number(vm, mine.v6, &number),
            None => vm.raise(
                "IPAddr::AddressFamilyError",
                "address family must be specified",
            ),
        },
    }
}

fn and<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let bits = other(vm, &mine, args.at(0))?.bits;
    let result = mine.with(mine.bits & bits);
    Ok(like(vm, this, result))
}

fn or<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let bits = other(vm, &mine, args.at(0))?.bits;
    let result = mine.with(mine.bits | bits);
    Ok(like(vm, this, result))
}

fn not<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let result = mine.with(!mine.bits);
    Ok(like(vm, this, result))
}

fn shift<'h>(vm: &mut Vm<'h>, this: Value<'h>, by: i64) -> Res<'h> {
    let mine = own(vm, this)?;
    let count = u32::try_from(by.unsigned_abs()).unwrap_or(u32::MAX);
    let bits = if by > 0 {
        mine.bits.checked_shl(count)
    } else {
        mine.bits.checked_shr(count)
    };
    let result = mine.with(bits.unwrap_or(0));
    Ok(like(vm, this, result))
}

fn shift_left<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = vm.long(args.at(0))?;
    shift(vm, this, by)
}

fn shift_right<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = vm.long(args.at(0))?;
    shift(vm, this, by.saturating_neg())
}

/// The other side of a comparison; `None` where Ruby rescues what making it raises.
fn rescued<'h>(vm: &mut Vm<'h>, mine: &Address, value: Value<'h>) -> Res<'h, Option<Address>> {
    match other(vm, mine, value) {
        Ok(address) => Ok(Some(address)),
        Err(Unwind::Raise(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let other = rescued(vm, &mine, args.at(0))?;
    let same = other.is_some_and(|other| other.v6 == mine.v6 && other.bits == mine.bits);
    Ok(Value::Bool(same))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    // Nil is taken for the address that `IPAddr.new` without arguments makes, of any family.
    if args.at(0).is_nil() {
        return vm.unsupported("the order of an IPAddr and nil");
    }
    let other = rescued(vm, &mine, args.at(0))?;
    let order = other.filter(|other| other.v6 == mine.v6);
    Ok(order.map_or(Value::Nil, |other| {
        Value::Integer(mine.bits.cmp(&other.bits) as i64)
    }))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    Ok(Value::Bool(
        of(args.at(0)).is_some_and(|other| other == mine),
    ))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let text = format!("{} {} {}", mine.v6, mine.bits, mine.mask);
    let text = vm.str(text);
    vm.call_method(text, known::HASH, &[])
}

fn include<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    if args.at(0).is_nil() {
        return Ok(Value::Bool(false));
    }
    let other = other(vm, &mine, args.at(0))?;
    let inside =
        other.v6 == mine.v6 && mine.first() <= other.first() && other.last() <= mine.last();
    Ok(Value::Bool(inside))
}

fn net<'h>(vm: &mut Vm<'h>, mine: &Address, length: Value<'h>) -> Res<'h, Address> {
    match length {
        Value::String(text) => {
            let text = text.text();
            lifted(vm, mine.masked_by(&text), &text)
        }
        Value::Integer(length) => {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            lifted(vm, mine.masked(length), &length.to_string())
        }
        _ => vm.raise(PREFIX, "prefix must be an integer"),
    }
}

fn mask<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let net = net(vm, &mine, args.at(0))?;
    Ok(like(vm, this, net))
}

fn set_prefix<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    if !matches!(args.at(0), Value::Integer(_)) {
        return vm.raise(PREFIX, "prefix must be an integer");
    }
    let net = net(vm, &mine, args.at(0))?;
    if let Value::Object(object) = this {
        if object.frozen.get() {
            return vm.frozen(this);
        }
        object.with(|address: &mut Address| *address = net);
    }
    Ok(args.at(0))
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    Ok(like(vm, this, mine))
}

fn prefix<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(own(vm, this)?.prefix().into()))
}

fn netmask<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    Ok(vm.str(full_text(mine.v6, mine.mask)))
}

fn wildcard_mask<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    Ok(vm.str(full_text(mine.v6, Address::all(mine.v6) ^ mine.mask)))
}

fn cidr<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    Ok(vm.str(format!("{}/{}", mine.text(), mine.prefix())))
}

fn as_json<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    if mine.prefix() == mine.width() {
        return Ok(vm.str(mine.text()));
    }
    cidr(vm, this, args)
}

fn to_json<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = as_json(vm, this, args)?;
    vm.call_method(text, known::TO_JSON, &[])
}

fn to_i<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bits = own(vm, this)?.bits;
    Ok(vm.integer(BigInt::from(bits)))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?.text();
    Ok(vm.str(text))
}

fn to_string<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let zone = mine.zone.as_deref().unwrap_or_default();
    Ok(vm.str(format!("{}{zone}", mine.full())))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let family = if mine.v6 { "IPv6" } else { "IPv4" };
    let class = vm.class_of(this).real();
    let class = vm.class_name(class);
    let zone = mine.zone.as_deref().unwrap_or_default();
    let mask = full_text(mine.v6, mine.mask);
    Ok(vm.str(format!("#<{class}: {family}:{}{zone}/{mask}>", mine.full())))
}

fn to_range<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let end = |bits| Address {
        zone: mine.zone.clone(),
        ..Address::single(mine.v6, bits)
    };
    let (first, last) = (end(mine.first()), end(mine.last()));
    let first = like(vm, this, first);
    let last = like(vm, this, last);
    vm.range(first, last, false)
}

fn succ<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let next = BigInt::from(mine.bits) + 1;
    let bits = from_number(vm, mine.v6, &next)?.bits;
    let next = mine.with(bits);
    Ok(like(vm, this, next))
}

fn hton<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let bytes = mine.bits.to_be_bytes();
    let skipped = if mine.v6 { 0 } else { 12 };
    let bytes = bytes.into_iter().skip(skipped).collect();
    Ok(vm.bytes(bytes, Encoding::Binary))
}

fn family<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(if own(vm, this)?.v6 { 10 } else { 2 }))
}

fn is_ipv4<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!own(vm, this)?.v6))
}

fn is_ipv6<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.v6))
}

fn is_private<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let nets = [(0x0a, 8), (0xac1, 12), (0xc0a8, 16)];
    Ok(Value::Bool(own(vm, this)?.within(&nets, &[(0x7e, 7)])))
}

fn is_loopback<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(
        own(vm, this)?.within(&[(0x7f, 8)], &[(1, 128)]),
    ))
}

fn is_link_local<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let inside = own(vm, this)?.within(&[(0xa9fe, 16)], &[(0xfe80 >> 6, 10)]);
    Ok(Value::Bool(inside))
}

fn nibbles(bits: u128, zone: &str) -> String {
    let digits = format!("{bits:032x}");
    let parts: Vec<String> = digits.chars().rev().map(String::from).collect();
    format!("{}.{zone}", parts.join("."))
}

fn reverse<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    if mine.v6 {
        return ip6_arpa(vm, this, args);
    }
    let [a, b, c, d] = low32(mine.bits).to_be_bytes();
    Ok(vm.str(format!("{d}.{c}.{b}.{a}.in-addr.arpa")))
}

fn need<'h>(vm: &mut Vm<'h>, this: Value<'h>, v6: bool) -> Res<'h, Address> {
    let mine = own(vm, this)?;
    if mine.v6 == v6 {
        return Ok(mine);
    }
    let family = if v6 { "IPv6" } else { "IPv4" };
    vm.raise(INVALID, format!("not an {family} address: {}", mine.bits))
}

fn ip6_arpa<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bits = need(vm, this, true)?.bits;
    Ok(vm.str(nibbles(bits, "ip6.arpa")))
}

fn ip6_int<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bits = need(vm, this, true)?.bits;
    Ok(vm.str(nibbles(bits, "ip6.int")))
}

fn ipv4_mapped<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = need(vm, this, false)?;
    let mapped = Address {
        v6: true,
        bits: mine.bits | 0xffff << 32,
        mask: mine.mask | u128::MAX << 32,
        zone: None,
    };
    Ok(like(vm, this, mapped))
}

fn ipv4_compat<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = need(vm, this, false)?;
    let compatible = Address { v6: true, ..mine };
    Ok(like(vm, this, compatible))
}

fn is_mapped<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.unmapped().is_some()))
}

/// An IPv4 address the older way; `::` and `::1` are none.
fn compatible(address: &Address) -> bool {
    address.v6 && address.bits >> 32 == 0 && address.bits > 1
}

fn is_compat<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(compatible(&own(vm, this)?)))
}

fn native<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    if mine.unmapped().is_none() && !compatible(&mine) {
        return Ok(this);
    }
    let inner = Address {
        v6: false,
        bits: low32(mine.bits).into(),
        mask: low32(mine.mask).into(),
        zone: None,
    };
    Ok(like(vm, this, inner))
}

fn zone_id<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    if !mine.v6 {
        return vm.raise(INVALID, "not an IPv6 address");
    }
    Ok(mine.zone.map_or(Value::Nil, |zone| vm.str(zone)))
}
