//! Tests of job templates: those written down as data, and those written in Rust.
//!
//! [`run`] finds the files `tests/templates/<job>/*.yml` of a release directory, renders what they say and compares; that is
//! the command `test`. `docs/template-tests.md` says what such a file holds.
//!
//! In Rust, [`ReleaseDirectory`] gives jobs and their templates. Its words are those of BOSH's own helper for tests in Ruby
//! (`Bosh::Common::Template::Test`): a release directory, a job, the template of a destination, `render` with properties, a
//! spec and consumed links; what is not said of an instance or a link has the same values.
//!
//! ```
//! use bosh_release::testing::{InstanceSpec, Link, LinkInstance, ReleaseDirectory};
//! use serde_json::json;
//!
//! # fn main() -> anyhow::Result<()> {
//! let release = ReleaseDirectory::open(".")?;
//! let job = release.job("redis")?;
//! let template = job.template("config/redis.conf")?;
//!
//! // The defaults of the spec are filled in.
//! let config = template.render(json!({"password": "secret"}), &InstanceSpec::default(), &[])?;
//! assert!(config.contains("requirepass \"secret\""));
//!
//! // The second instance of two follows the first.
//! let spec = InstanceSpec {
//!     id: "b".to_owned(),
//!     index: 1,
//!     ..InstanceSpec::default()
//! };
//! let first = LinkInstance {
//!     id: "a".to_owned(),
//!     address: "10.0.0.1".to_owned(),
//!     bootstrap: true,
//!     ..LinkInstance::default()
//! };
//! let second = LinkInstance {
//!     id: "b".to_owned(),
//!     ..LinkInstance::default()
//! };
//! // What the job that provides the link says of its properties, filled in as well.
//! let peers = Link {
//!     instances: vec![first, second],
//!     ..job.provides("redis-peers", json!({"port": 7000}))?
//! };
//! let config = template.render(json!({"password": "secret"}), &spec, &[peers])?;
//! assert!(config.contains("replicaof 10.0.0.1 7000"));
//!
//! // Errors have the messages of Ruby's exceptions.
//! let error = template.render(json!({}), &InstanceSpec::default(), &[]).unwrap_err();
//! assert!(error.to_string().contains("set password"));
//! # Ok(())
//! # }
//! ```

mod counted;
mod deployed;
mod goldens;
mod release;
mod run;
mod start;

pub use crate::suite::instance::InstanceSpec;
pub use crate::suite::link::{Link, LinkInstance};
pub use crate::suite::{Failure, Outcome};
pub use release::{Job, ReleaseDirectory, RenderError, Template};
pub use run::{DIRECTORY, Options, Run, read, run};
pub use start::start;
