//! `File`, as far as it is about text; everything else of it is refused.

use super::library::ClassDefinition;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[];
