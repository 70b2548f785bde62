//! Functions of `Kernel` that convert and format: `Integer()`, `format`, `rand` and others.

use super::library::ClassDefinition;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[];
