//! `Enumerable`, for everything that has `each`.

use super::library::ClassDefinition;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[];
