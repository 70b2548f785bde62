//! `format` of texts.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Check, Checked, unsupported};

const LABEL: &str = r"[\p{L}\p{N}]([\p{L}\p{N}\-]*[\p{L}\p{N}])?";
const POINTER: &str = r"(\/([^~\/]|~[01])*)*";

/// What can be checked with a pattern: format, pattern.
fn pattern(format: &str) -> Option<String> {
    Some(match format {
        "email" | "idn-email" => r"(?i)\A[^@\s]+@([\p{L}\d-]+\.)+[\p{L}\d\-]{2,}\z".to_owned(),
        "hostname" | "idn-hostname" => format!(r"(?i)\A({LABEL}\.)*{LABEL}\z"),
        "json-pointer" => format!(r"\A{POINTER}\z"),
        "relative-json-pointer" => format!(r"\A(0|[1-9]\d*)(#|{POINTER})?\z"),
        _ => return None,
    })
}

/// Longest part of the name of a host.
const LONGEST_LABEL: usize = 63;

impl Check<'_> {
    /// Whether a text has a format.
    ///
    /// # Errors
    /// Formats that are not supported.
    pub(super) fn has_format(&self, text: &str, format: &str) -> Checked<bool> {
        if let Some(pattern) = pattern(format) {
            let ascii = !matches!(format, "email" | "hostname") || text.is_ascii();
            let is_host = format.ends_with("hostname");
            let mut labels = text.split('.');
            let short = !is_host || labels.all(|label| label.chars().count() <= LONGEST_LABEL);
            return Ok(ascii && short && self.matches(&pattern, text)?);
        }
        match format {
            "ipv4" => Ok(is_address(text, IpAddr::is_ipv4)),
            "ipv6" => Ok(is_address(text, IpAddr::is_ipv6)),
            other => unsupported(format!("the format `{other}`")),
        }
    }
}

/// An address, maybe with a prefix or a netmask behind, as `IPAddr.new` reads it.
fn is_address(text: &str, family: impl Fn(&IpAddr) -> bool) -> bool {
    let (address, mask) = match text.split_once('/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (text, None),
    };
    let address = address
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(address);
    let plain = address.split('%').next().unwrap_or_default();
    let Ok(parsed) = plain.parse::<IpAddr>() else {
        return false;
    };
    let zoned = plain.len() != address.len();
    let mask_fits = mask.is_none_or(|mask| fits(mask, &parsed));
    family(&parsed) && mask_fits && (!zoned || parsed.is_ipv6())
}

fn fits(mask: &str, address: &IpAddr) -> bool {
    let (bits, is_mask) = match address {
        IpAddr::V4(_) => (32, mask.parse::<Ipv4Addr>().is_ok()),
        IpAddr::V6(_) => (128, mask.parse::<Ipv6Addr>().is_ok()),
    };
    let digits = !mask.is_empty() && mask.bytes().all(|byte| byte.is_ascii_digit());
    is_mask || (digits && mask.parse::<u32>().is_ok_and(|prefix| prefix <= bits))
}
