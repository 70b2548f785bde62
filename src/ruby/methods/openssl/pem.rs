//! Texts with `-----BEGIN …-----` around base64, read and written as OpenSSL does.

use super::super::super::pack;
use super::super::base64::to_base64;

/// What stands between the lines that begin and end a block.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) content: Content,
}

pub(super) enum Content {
    Bytes(Vec<u8>),
    /// It has a header that says so, or its label does.
    Encrypted,
    /// OpenSSL reads nothing in it.
    Broken,
    /// It has an empty line, or another header.
    Uncertain,
}

/// All blocks of a text. One without an end is none.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let label = line
            .strip_prefix("-----BEGIN ")
            .and_then(|line| line.strip_suffix("-----"));
        let Some(label) = label else { continue };
        let end = format!("-----END {label}-----");
        let mut inner = Vec::new();
        let closed = lines.by_ref().any(|line| {
            inner.push(line);
            line == end
        });
        if closed {
            inner.pop();
            found.push(Block {
                label: label.to_owned(),
                content: content(&inner),
            });
        }
    }
    found
}

fn content(lines: &[&str]) -> Content {
    let lines = match lines {
        // One empty line in front is allowed.
        ["", rest @ ..] => rest,
        lines => lines,
    };
    if lines
        .iter()
        .any(|line| line.starts_with("Proc-Type: 4,ENCRYPTED"))
    {
        return Content::Encrypted;
    }
    if lines
        .iter()
        .any(|line| line.is_empty() || line.contains(':'))
    {
        return Content::Uncertain;
    }
    let joined: String = lines
        .iter()
        .flat_map(|line| line.chars())
        .filter(|letter| *letter != ' ')
        .collect();
    match pack::unpack1(joined.as_bytes(), "m0") {
        Ok(pack::Value::Bytes(bytes)) => Content::Bytes(bytes),
        _ => Content::Broken,
    }
}

/// Bytes as a block.
pub(super) fn write(label: &str, bytes: &[u8]) -> String {
    let text = to_base64(bytes);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = behind;
    }
    out + &format!("-----END {label}-----\n")
}
