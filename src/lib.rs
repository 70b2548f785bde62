//! Build, sign and verify BOSH releases.

pub mod diagnostic;
pub mod source;
pub mod yaml;
