//! Build, sign and verify BOSH releases.

pub mod cli;
pub mod diagnostic;
pub mod source;
