//! What of a template is not supported, without running it.
//!
//! Three kinds: forms of the language, calls of methods that no class has, or that only Ruby has, and constants that
//! only Ruby has. What a template defines itself is known. A name that is called nowhere else than in code which is never
//! reached is listed too.

use super::evaluation::library;
use super::template::Template;
use crate::source::Span;

/// Something a template uses and that is not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Its name: `flip-flop`, `the method crypt`, `the constant Socket`.
    pub what: String,
    /// Where in the text of the template.
    pub span: Span,
}

/// What of a template is not supported, in the order of its text. A template that Ruby's parser refuses is none: it is
/// supported to fail.
pub fn unsupported(template: &Template) -> Vec<Unsupported> {
    let mut found = Vec::new();
    if let Some(coding) = template.foreign_coding() {
        found.push(Unsupported {
            what: format!("the encoding {coding}"),
            span: Span::default(),
        });
    }
    if let Some(program) = template.program() {
        for finding in program.unsupported_in(library()) {
            found.push(Unsupported {
                what: finding.what,
                span: template.span(finding.position),
            });
        }
    }
    found.sort_by_key(|one| one.span.start);
    found.dedup();
    found
}
