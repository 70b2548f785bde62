//! What ActiveSupport adds to Ruby's classes.

use super::library::ClassDefinition;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[];
