//! Build, sign and verify BOSH releases.

pub mod diagnostic;
pub mod release;
pub mod source;
