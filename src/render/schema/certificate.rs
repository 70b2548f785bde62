//! The Director's type `certificate`: a text that OpenSSL loads certificates of. An empty text fits too.

use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::{Checked, unsupported};
use crate::ruby::pack;

const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

/// Whether a text is empty, or holds a certificate, or several.
///
/// # Errors
/// A certificate that is not written strictly, which OpenSSL may read all the same.
pub(super) fn is_certificate(text: &str) -> Checked<bool> {
    if text.is_empty() {
        return Ok(true);
    }
    let mut found = false;
    for block in blocks(text) {
        let Ok(pack::Value::Bytes(bytes)) = pack::unpack1(block.as_bytes(), "m0") else {
            return Ok(false);
        };
        if Certificate::from_der(&bytes).is_err() {
            return unsupported("a certificate that is broken, or not written strictly,");
        }
        found = true;
    }
    Ok(found)
}

/// The base64 of each block.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let label = line
            .strip_prefix("-----BEGIN ")
            .and_then(|line| line.strip_suffix("-----"));
        let Some(label) = label.filter(|label| LABELS.contains(label)) else {
            continue;
        };
        let end = format!("-----END {label}-----");
        let mut inner = String::new();
        let closed = lines.by_ref().any(|line| {
            let ends = line == end;
            if !ends {
                inner.push_str(line.trim());
            }
            ends
        });
        if closed {
            blocks.push(inner);
        }
    }
    blocks
}
