//! Build, sign and verify BOSH releases.

pub mod diagnostic;
pub mod signing;
pub mod source;
