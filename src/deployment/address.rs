//! Addresses and ranges of them, as cloud-configs and manifests write them.
//!
//! Pure numbers: nothing here resolves or connects. A range is its first and last address; both are of one family.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;
use std::fmt;

use super::document::Node;
use super::properties::receiver_name;

/// Addresses from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    six: bool,
    first: u128,
    last: u128,
}

/// A network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    /// All its addresses.
    pub range: AddressRange,
    /// How many bits of an address name the network.
    pub prefix: u8,
}

/// An address as a Director writes it in messages: with the prefix of a single address.
#[derive(Debug, Clone, Copy)]
pub struct Single(pub IpAddr);

impl fmt::Display for Single {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0, single_prefix(self.0))
    }
}

/// The prefix of one address alone: 32 or 128.
pub fn single_prefix(address: IpAddr) -> u8 {
    if address.is_ipv6() { 128 } else { 32 }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.range.first(), self.prefix)
    }
}

impl AddressRange {
    /// All ranges of a text or a list, in order; those whose last address is below the first are empty and left out.
    ///
    /// # Errors
    /// What is no range, in a Director's words.
    pub fn all(node: &Node) -> Result<Vec<Self>, (&Node, String)> {
        let mut ranges = Vec::new();
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            if let Some(items) = node.list() {
                waiting.extend(items.iter().rev());
            } else if !node.is_null() {
                let Some(text) = node.as_str() else {
                    let receiver = receiver_name(&node.value());
                    return Err((node, format!("undefined method 'split' for {receiver}")));
                };
                ranges.extend(Self::read(text).map_err(|message| (node, message))?);
            }
        }
        Ok(ranges)
    }

    /// One address, `first-last`, or a network in CIDR notation. `None` where the last is below the first.
    ///
    /// # Errors
    /// What is no range, in a Director's words.
    pub fn read(text: &str) -> Result<Option<Self>, String> {
        let mut parts: Vec<&str> = text.split('-').collect();
        while parts.last().is_some_and(|part| part.is_empty()) {
            parts.pop();
        }
        let (first, last) = match parts.as_slice() {
            [one] => return Ok(Some(Cidr::read(one.trim())?.range)),
            [first, last] => (Cidr::read(first.trim())?, Cidr::read(last.trim())?),
            _ => return Err(format!("Invalid IP range format: {text}")),
        };
        let (first, last) = (first.range, last.range);
        if first.size() != 1 || last.size() != 1 || first.six != last.six {
            return Err(format!("Invalid IP range format: {text}"));
        }
        Ok((first.first <= last.last).then_some(Self {
            last: last.last,
            ..first
        }))
    }

    /// One address.
    pub fn single(address: IpAddr) -> Self {
        let (six, first) = of(address);
        Self {
            six,
            first,
            last: first,
        }
    }

    /// Its first and its last address, as ranges.
    pub fn ends(self) -> [Self; 2] {
        let at = |number| Self {
            first: number,
            last: number,
            ..self
        };
        [at(self.first), at(self.last)]
    }

    /// Whether all addresses of another range are in it.
    pub fn includes(&self, other: &Self) -> bool {
        self.six == other.six && self.first <= other.first && other.last <= self.last
    }

    /// Whether it has an address of another range.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.six == other.six && self.first <= other.last && other.first <= self.last
    }

    /// The largest networks that it consists of, in order.
    pub fn blocks(&self) -> Vec<Cidr> {
        let bits: u32 = if self.six { 128 } else { 32 };
        let (mut blocks, mut next) = (Vec::new(), Some(self.first));
        while let Some(first) = next.filter(|first| *first <= self.last) {
            let aligned = first.trailing_zeros().min(bits);
            let left = self.last - first;
            let fitting = left.checked_add(1).map_or(bits, u128::ilog2);
            let host = aligned.min(fitting);
            let size_less_one = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
            let last = first.saturating_add(size_less_one);
            blocks.push(Cidr {
                range: Self {
                    six: self.six,
                    first,
                    last,
                },
                prefix: u8::try_from(bits - host).unwrap_or(u8::MAX),
            });
            next = last.checked_add(1);
        }
        blocks
    }

    /// The block of addresses of a prefix that begins at an address of it, or behind that one where none does.
    pub fn block_from(self, address: IpAddr, prefix: u8) -> Option<Self> {
        let (six, number) = of(address);
        let bits: u32 = if six { 128 } else { 32 };
        let host = bits.checked_sub(u32::from(prefix))?;
        let low = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
        let first = match number & low {
            0 => number,
            _ => (number | low).checked_add(1)?,
        };
        let block = Self {
            six,
            first,
            last: first | low,
        };
        self.includes(&block).then_some(block)
    }

    /// One address, `first-last` (spaces around the hyphen may be there), or a network in CIDR notation.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            let (first, last) = (number(first.trim())?, number(last.trim())?);
            let fits = first.0 == last.0 && first.1 <= last.1;
            return fits.then_some(Self {
                six: first.0,
                first: first.1,
                last: last.1,
            });
        }
        if text.contains('/') {
            return Cidr::parse(text).map(|cidr| cidr.range);
        }
        let (six, first) = number(text.trim())?;
        Some(Self {
            six,
            first,
            last: first,
        })
    }

    /// Whether it holds an address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (six, number) = of(address);
        six == self.six && (self.first..=self.last).contains(&number)
    }

    /// Its addresses, the lowest first.
    pub fn addresses(self) -> impl Iterator<Item = IpAddr> {
        (self.first..=self.last).map(move |number| address(self.six, number))
    }

    /// Its addresses from one on, or all where that one is no part of it.
    pub fn addresses_from(self, first: IpAddr) -> impl Iterator<Item = IpAddr> {
        let (six, number) = of(first);
        let inside = six == self.six && (self.first..=self.last).contains(&number);
        let first = if inside { number } else { self.first };
        Self { first, ..self }.addresses()
    }

    /// How many addresses it has; the largest number for more.
    pub fn size(&self) -> u128 {
        (self.last - self.first).saturating_add(1)
    }

    /// Its lowest address.
    pub fn first(&self) -> IpAddr {
        address(self.six, self.first)
    }

    /// Its highest address.
    pub fn last(&self) -> IpAddr {
        address(self.six, self.last)
    }

    /// The address behind its last one, unless that is the highest of all.
    pub fn after(&self) -> Option<IpAddr> {
        let next = self.last.checked_add(1)?;
        (self.six || next <= u128::from(u32::MAX)).then(|| address(self.six, next))
    }
}

/// The first address that an earlier range has, too.
pub fn first_repeated(ranges: &[AddressRange]) -> Option<IpAddr> {
    // Ranges so far, by family and first address; none of them overlap.
    let mut seen: BTreeMap<(bool, u128), u128> = BTreeMap::new();
    for range in ranges {
        let start = (range.six, range.first);
        let before = seen.range(..=start).next_back();
        if before.is_some_and(|((six, _), last)| *six == range.six && *last >= range.first) {
            return Some(range.first());
        }
        let behind = seen.range(start..=(range.six, range.last)).next();
        if let Some(((six, first), _)) = behind {
            return Some(address(*six, *first));
        }
        seen.insert(start, range.last);
    }
    None
}

impl Cidr {
    /// An address, or a network with a prefix or a netmask.
    ///
    /// # Errors
    /// What is neither, in a Director's words.
    pub fn read(text: &str) -> Result<Self, String> {
        let found = match text.split_once('/') {
            None => number(text).map(|(six, first)| Self {
                range: AddressRange {
                    six,
                    first,
                    last: first,
                },
                prefix: if six { 128 } else { 32 },
            }),
            Some((base, mask)) => match mask.parse::<Ipv4Addr>() {
                Ok(mask) => {
                    prefix_of(mask).and_then(|prefix| Self::parse(&format!("{base}/{prefix}")))
                }
                Err(_) => Self::parse(text),
            },
        };
        found.ok_or_else(|| format!("Invalid IP or CIDR format: {text}"))
    }

    /// `10.0.0.0/24`; bits of the host do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = text.trim().split_once('/')?;
        let ((six, base), prefix) = (number(base)?, prefix.parse::<u8>().ok()?);
        let bits: u32 = if six { 128 } else { 32 };
        let host = bits.checked_sub(u32::from(prefix))?;
        let mask = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
        let range = AddressRange {
            six,
            first: base & !mask,
            last: base | mask,
        };
        Some(Self { range, prefix })
    }

    /// The netmask, written as a Director does: of IPv6 in full.
    pub fn netmask(&self) -> String {
        let ones = |bits: u32| {
            let host = bits.saturating_sub(u32::from(self.prefix));
            u128::MAX.checked_shl(host).unwrap_or(0)
        };
        if self.range.six {
            let mask = ones(128);
            let group = |at: u32| format!("{:04x}", (mask >> (112 - 16 * at)) & 0xffff);
            return (0..8).map(group).collect::<Vec<_>>().join(":");
        }
        let low = u32::try_from(ones(32) & u128::from(u32::MAX)).unwrap_or(u32::MAX);
        Ipv4Addr::from(low).to_string()
    }
}

/// How many bits a netmask sets; `None` for one with holes.
fn prefix_of(mask: Ipv4Addr) -> Option<u32> {
    let bits = u32::from(mask);
    let prefix = bits.leading_ones();
    (bits.count_ones() == prefix).then_some(prefix)
}

fn number(text: &str) -> Option<(bool, u128)> {
    text.parse::<IpAddr>().ok().map(of)
}

fn of(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(four) => (false, u128::from(u32::from(four))),
        IpAddr::V6(six) => (true, u128::from(six)),
    }
}

fn address(six: bool, number: u128) -> IpAddr {
    match u32::try_from(number) {
        Ok(four) if !six => IpAddr::V4(Ipv4Addr::from(four)),
        _ => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_three_forms() {
        for (text, first, last) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
            ("10.0.0.1 - 10.0.1.2", "10.0.0.1", "10.0.1.2"),
            ("10.0.0.7/30", "10.0.0.4", "10.0.0.7"),
            ("fd00::1-fd00::ff", "fd00::1", "fd00::ff"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            let range = AddressRange::parse(text).unwrap();
            assert_eq!(range.first().to_string(), first, "{text}");
            assert_eq!(range.last().to_string(), last, "{text}");
        }
        for text in [
            "",
            "a",
            "10.0.0.2-10.0.0.1",
            "10.0.0.1-::1",
            "10.0.0.0/33",
            "-",
        ] {
            assert_eq!(AddressRange::parse(text), None, "{text}");
        }
    }

    /// What is read as a range: its blocks, or the error.
    const READ: &[(&str, &str)] = &[
        ("10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.7/30", "10.0.0.4/30"),
        ("10.0.0.7/255.255.255.0", "10.0.0.0/24"),
        (
            "10.0.0.1 - 10.0.0.6",
            "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32",
        ),
        ("10.0.0.0-10.0.1.255", "10.0.0.0/23"),
        ("10.0.0.9-10.0.0.5", ""),
        ("0.0.0.0-255.255.255.255", "0.0.0.0/0"),
        ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
        ("fd00::1-fd00::2", "fd00::1/128 fd00::2/128"),
        ("10.0.0.1-", "10.0.0.1/32"),
        ("-", "Invalid IP range format: -"),
        ("-10.0.0.1", "Invalid IP or CIDR format: "),
        (
            "10.0.0.1-10.0.0.2-3",
            "Invalid IP range format: 10.0.0.1-10.0.0.2-3",
        ),
        (
            "10.0.0.0/30-10.0.1.0",
            "Invalid IP range format: 10.0.0.0/30-10.0.1.0",
        ),
        ("x", "Invalid IP or CIDR format: x"),
        ("10.0.0.0/33", "Invalid IP or CIDR format: 10.0.0.0/33"),
        (
            "10.0.0.0/255.0.255.0",
            "Invalid IP or CIDR format: 10.0.0.0/255.0.255.0",
        ),
    ];

    #[test]
    fn ranges_consist_of_networks() {
        for (text, expected) in READ {
            let blocks = |range: AddressRange| {
                let blocks = range.blocks();
                blocks
                    .iter()
                    .map(Cidr::to_string)
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let found = AddressRange::read(text);
            let found = found.map(|range| range.map(blocks).unwrap_or_default());
            assert_eq!(found.unwrap_or_else(|error| error), *expected, "{text}");
        }
    }

    #[test]
    fn netmasks_are_written_in_full() {
        for (text, mask) in [
            ("10.0.0.0/24", "255.255.255.0"),
            ("10.0.0.0/0", "0.0.0.0"),
            ("10.0.0.0/32", "255.255.255.255"),
            ("fd00::/64", "ffff:ffff:ffff:ffff:0000:0000:0000:0000"),
        ] {
            assert_eq!(Cidr::parse(text).unwrap().netmask(), mask, "{text}");
        }
    }
}
