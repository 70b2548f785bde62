//! `CGI` and `ERB::Util`: escaping for URLs and HTML.

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("ERB", "Object")
        .class_methods(&[ERB])
        .missing(&[], &["new"]),
    ClassDefinition::module("ERB::Util")
        .methods(&[ERB_UTIL])
        .class_methods(&[ERB_UTIL]),
    ClassDefinition::class("CGI", "Object")
        .class_methods(&[CGI])
        .missing(
            &[],
            &[
                "new",
                "accept_charset",
                "accept_charset=",
                "parse",
                "escapeElement",
                "escape_element",
                "unescapeElement",
                "unescape_element",
                "rfc1123_date",
                "pretty",
            ],
        ),
    ClassDefinition::module("CGI::Util")
        .methods(&[CGI])
        .missing(
            &[
                "escapeElement",
                "escape_element",
                "unescapeElement",
                "unescape_element",
                "rfc1123_date",
                "pretty",
            ],
            &[],
        ),
    ClassDefinition::module("CGI::Escape")
        .methods(&[CGI_ESCAPE])
        .missing(
            &["unescape", "unescapeURIComponent", "unescape_uri_component"],
            &[],
        ),
];

const ERB: &[Row] = &[Row::new("version", 0, erb_version, "The version of ERB.")];

const ERB_UTIL: &[Row] = &[
    Row::new("html_escape", 1, html_escape, "Escapes for HTML."),
    Row::new("h", 1, html_escape, "Escapes for HTML."),
    Row::new("url_encode", 1, url_encode, "Escapes for URLs."),
    Row::new("u", 1, url_encode, "Escapes for URLs."),
];

const CGI: &[Row] = &[
    Row::new("escape", 1, escape, "Escapes for queries of URLs."),
    Row::new("unescape", 1, unescape, "Takes the escapes of URLs back.").to(2),
    Row::new(
        "escapeURIComponent",
        1,
        escape_component,
        "Escapes for URLs.",
    ),
    Row::new(
        "escape_uri_component",
        1,
        escape_component,
        "Escapes for URLs.",
    ),
    Row::new(
        "unescapeURIComponent",
        1,
        unescape_component,
        "Takes the escapes of URLs back.",
    )
    .to(2),
    Row::new(
        "unescape_uri_component",
        1,
        unescape_component,
        "Takes the escapes of URLs back.",
    )
    .to(2),
    Row::new("escapeHTML", 1, escape_html, "Escapes for HTML."),
    Row::new("escape_html", 1, escape_html, "Escapes for HTML."),
    Row::new("h", 1, escape_html, "Escapes for HTML."),
    Row::new(
        "unescapeHTML",
        1,
        unescape_html,
        "Takes the escapes of HTML back.",
    ),
    Row::new(
        "unescape_html",
        1,
        unescape_html,
        "Takes the escapes of HTML back.",
    ),
];

/// What `CGI::Escape` has alone; its other methods need a variable of CGI.
const CGI_ESCAPE: &[Row] = &[
    Row::new("escape", 1, escape, "Escapes for queries of URLs."),
    Row::new(
        "escapeURIComponent",
        1,
        escape_component,
        "Escapes for URLs.",
    ),
    Row::new(
        "escape_uri_component",
        1,
        escape_component,
        "Escapes for URLs.",
    ),
    Row::new("escapeHTML", 1, escape_html, "Escapes for HTML."),
    Row::new(
        "unescapeHTML",
        1,
        unescape_html,
        "Takes the escapes of HTML back.",
    ),
];

fn erb_version<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.str("4.0.4"))
}

/// Bytes with `%XX` for all that are not letters, digits or among `kept`; `space` stands for a space.
pub(super) fn percent_encode(bytes: &[u8], kept: &[u8], space: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || kept.contains(byte) {
            out.push(char::from(*byte));
        } else if *byte == b' ' {
            out.push_str(space);
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Takes `%XX` back, and `+` where it stands for a space. What is no escape stays.
pub(super) fn percent_decode(bytes: &[u8], plus: bool) -> Vec<u8> {
    let digit = |at: usize| {
        let byte = bytes.get(at).copied()?;
        char::from(byte).to_digit(16)
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                at += 3;
                continue;
            }
            (b'+', ..) if plus => out.push(b' '),
            _ => out.push(*byte),
        }
        at += 1;
    }
    out
}

/// Text with the five characters of HTML escaped.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

fn html_escape<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.display(args.at(0))?;
    vm.grow(text.len().saturating_mul(6))?;
    Ok(vm.str(html(&text)))
}

fn escape_html<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?.text();
    vm.grow(text.len().saturating_mul(6))?;
    Ok(vm.str(html(&text)))
}

fn url_encode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::String(text) = vm.to_s(args.at(0))? else {
        return Ok(Value::Nil);
    };
    encode(vm, &text.bytes(), "%20")
}

fn encode<'h>(vm: &mut Vm<'h>, bytes: &[u8], space: &str) -> Res<'h> {
    vm.grow(bytes.len().saturating_mul(3))?;
    Ok(vm.str(percent_encode(bytes, b"-._~", space)))
}

fn escape<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = vm.string(args.at(0))?.bytes();
    encode(vm, &bytes, "+")
}

fn escape_component<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = vm.string(args.at(0))?.bytes();
    encode(vm, &bytes, "%20")
}

fn decode<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, plus: bool) -> Res<'h> {
    if args.len() > 1 {
        return vm.unsupported("CGI.unescape with an encoding");
    }
    let bytes = vm.string(args.at(0))?.bytes();
    vm.grow(bytes.len())?;
    let decoded = percent_decode(&bytes, plus);
    Ok(vm.bytes(decoded, super::super::value::Encoding::Utf8))
}

fn unescape<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    decode(vm, args, true)
}

fn unescape_component<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    decode(vm, args, false)
}

fn unescape_html<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?.text();
    vm.grow(text.len())?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let name = rest.split_once(';').map(|(name, _)| name);
        match name.and_then(|name| Some((entity(name)?, name.len()))) {
            Some((character, length)) => {
                out.push(character);
                rest = rest.get(length + 1..).unwrap_or_default();
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    Ok(vm.str(out))
}

/// The character of an entity.
fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let digits = hexadecimal.unwrap_or(number);
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            let radix = if hexadecimal.is_some() { 16 } else { 10 };
            char::from_u32(u32::from_str_radix(digits, radix).ok()?)?
        }
    })
}
