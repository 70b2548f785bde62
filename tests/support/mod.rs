//! What several test programs need.

#![allow(dead_code, reason = "each test program uses its part of this")]

pub(crate) mod cases;
pub(crate) mod guide;
pub(crate) mod place;
pub(crate) mod site;
