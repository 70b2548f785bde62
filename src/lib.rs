//! Build, sign and verify BOSH releases.

pub mod archive;
pub mod blobstore;
pub mod cli;
pub mod diagnostic;
pub mod digest;
pub mod git;
pub mod release;
pub mod signing;
pub mod source;
pub mod upstream;
pub mod yaml;
