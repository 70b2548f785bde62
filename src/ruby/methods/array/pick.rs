//! Random choices.

use super::super::Row;

pub(super) const METHODS: &[Row] = &[];
