//! Build, sign and verify BOSH releases.

pub mod blobstore;
pub mod diagnostic;
pub mod git;
pub mod source;
pub mod upstream;
