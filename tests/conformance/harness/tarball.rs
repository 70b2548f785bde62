//! What is recorded of an archive: compression, order of the top-level names, members, and archives within.

use std::io::{Cursor, Read};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tar::{Archive, Entry, EntryType};

use super::normal::Normaliser;

/// One member with its content.
struct Member {
    name: String,
    kind: &'static str,
    mode: u32,
    target: Option<String>,
    content: Vec<u8>,
}

/// The record of an archive; archives in it are recorded too if `nested`.
pub(crate) fn describe(data: &[u8], nested: bool, normal: &Normaliser) -> Result<Value> {
    let (mut order, mut described, mut inner) = (Vec::<String>::new(), Vec::new(), Map::new());
    for member in members(data)? {
        let top = member.name.split('/').next().unwrap_or_default().to_owned();
        if !order.contains(&top) {
            order.push(top);
        }
        let is_archive =
            member.kind == "file" && Path::new(&member.name).extension() == Some("tgz".as_ref());
        if nested && is_archive {
            let record = describe(&member.content, false, normal).context(member.name.clone())?;
            inner.insert(member.name.clone(), record);
        }
        described.push((full_name(&member), record(&member, is_archive, normal)?));
    }
    described.sort_by(|a, b| a.0.cmp(&b.0));
    let described: Vec<Value> = described.into_iter().map(|(_, record)| record).collect();
    let mut whole =
        json!({"compression": compression(data), "top_level_order": order, "members": described});
    if !inner.is_empty() {
        whole["inner"] = inner.into();
    }
    Ok(whole)
}

/// The text of the `release.MF` in a release tarball; nothing if it is not one.
pub(crate) fn release_manifest(data: &[u8]) -> Option<String> {
    let is_manifest = |member: &Member| {
        member.kind == "file" && matches!(&*member.name, "release.MF" | "./release.MF")
    };
    let member = members(data).ok()?.into_iter().find(is_manifest)?;
    String::from_utf8(member.content).ok()
}

fn record(member: &Member, is_archive: bool, normal: &Normaliser) -> Result<Value> {
    let mut record = json!({"name": full_name(member), "type": member.kind, "mode": format!("{:04o}", member.mode)});
    if let Some(target) = &member.target {
        record["target"] = target.as_str().into();
    } else if member.kind == "file" && Path::new(&member.name).ends_with("release.MF") {
        let text = std::str::from_utf8(&member.content).context("release.MF is not UTF-8")?;
        record["text"] = normal.text(text).into();
    } else if member.kind == "file" && !is_archive {
        record["size"] = member.content.len().into();
        record["sha256"] = hex(&Sha256::digest(&member.content)).into();
    }
    Ok(record)
}

fn full_name(member: &Member) -> String {
    let slash = if member.kind == "dir" { "/" } else { "" };
    format!("{}{slash}", member.name)
}

fn members(data: &[u8]) -> Result<Vec<Member>> {
    let mut archive = Archive::new(reader(data));
    let mut found = Vec::new();
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.header().entry_type() != EntryType::XGlobalHeader {
            found.push(member(entry)?);
        }
    }
    Ok(found)
}

fn member<R: Read>(mut entry: Entry<'_, R>) -> Result<Member> {
    let kind = match entry.header().entry_type() {
        EntryType::Directory => "dir",
        EntryType::Symlink => "symlink",
        EntryType::Link => "hardlink",
        _ => "file",
    };
    let name = String::from_utf8_lossy(&entry.path_bytes())
        .trim_end_matches('/')
        .to_owned();
    let target = entry
        .link_name_bytes()
        .map(|target| String::from_utf8_lossy(&target).into_owned());
    let target = target.filter(|_| kind.ends_with("link"));
    let mode = entry.header().mode()?;
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    Ok(Member {
        name,
        kind,
        mode,
        target,
        content,
    })
}

fn reader(data: &[u8]) -> Box<dyn Read + '_> {
    match compression(data) {
        "gzip" => Box::new(MultiGzDecoder::new(data)),
        _ => Box::new(Cursor::new(data)),
    }
}

fn compression(data: &[u8]) -> &'static str {
    if data.starts_with(&[0x1f, 0x8b]) {
        "gzip"
    } else if data.get(257..262) == Some(b"ustar") {
        "none"
    } else {
        "other"
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
