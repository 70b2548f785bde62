//! `NilClass`, `TrueClass` and `FalseClass`.

use super::library::ClassDefinition;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[];
