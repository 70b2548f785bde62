//! Addresses and ranges of them, as cloud-configs and manifests write them.
//!
//! Pure numbers: nothing here resolves or connects. A range is its first and last address; both are of one family.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;

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

impl AddressRange {
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

impl Cidr {
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
