//! Build, sign and verify BOSH releases.

pub mod archive;
pub mod cli;
pub mod diagnostic;
pub mod digest;
pub mod signing;
pub mod blobstore;
pub mod diagnostic;
pub mod git;
pub mod source;
pub mod upstream;
