//! Job templates as a Director renders them.
//!
//! Pure: a template, the data of an instance and a clock and seed go in, the text of a file or what went wrong comes
//! out. Many renderings share one [`Template`] and one [`InstanceSpec`], also between threads; each has a heap of its own,
//! so that nothing a template changes is seen by another.
//!
//! - [`input`]: the file with which somebody renders one template. [`context`]: the data of an instance; [`instance`]: that of a planned one.
//! - [`evaluation`]: what `self` is in a template.
//! - [`template`]: one template. [`job`]: all of a job's. [`check`]: what of a template is not supported.
//! - [`schema`]: whether properties fit `properties_schema.json`. [`failure`]: the Director's words for failures.
//! - [`mod@reference`]: the tables of methods as a page to read.

pub mod check;
pub mod context;
pub mod coverage;
pub mod evaluation;
pub mod failure;
mod hint;
pub mod input;
pub mod instance;
pub mod job;
pub mod reference;
pub mod schema;
pub mod template;

pub use crate::deployment::properties;
pub use crate::dns;
pub use context::InstanceSpec;
pub use template::{Template, TemplateError};
