//! Tera: a job template in Tera, with the partials of its release, becomes the ERB template that every Director renders.
//!
//! Pure. The parser is the `tera` crate's own, so that what is a template is decided there; its tree is lowered to ours,
//! names are resolved against the [`JobInterface`], and Ruby is written. The crate's renderer is no part of this: it is the
//! judge in tests, which compare its output with that of the compiled template, byte for byte.
//!
//! - [`Partials`]: the shared texts, each parsed once. [`JobInterface`]: what the job's spec declares.
//! - [`compile`]: one template to [`Compiled`]. [`check_job`]: what shows only over all templates of a job.
//! - `tags`, `lower`, `tree`, `path`: from the text to our tree, every name with its place.
//! - `compiler`, `statement`, `expression`, `names`, `scope`: from the tree to Ruby. `output`: Ruby and text to ERB, line by line.
//! - [`mod@table`]: filters, tests and functions, one row each. `helpers`: the lambdas that they stand on, likewise.
//!
//! # What the ERB looks like
//!
//! - Text outside of tags keeps its bytes. Includes and blocks stand where they are used, macros at the head as lambdas.
//! - `{{ properties.port }}` is `<%= text.(p('port')) %>`: how Tera prints floats, lists and maps is a lambda at the head,
//!   which is there only if the template needs it. Where the kind of a value is known it is left out.
//! - Values never become code: what a template says is quoted by `ruby`, what a deployment says is only looked up.
//! - It needs Ruby 2.6, no `require`, and leaves nothing behind: no methods, constants or instance variables.
//!
//! # What is a name
//!
//! `properties`, `spec`, `links` and what the template sets. A property, a field of `spec` or of a link that is nil is not
//! set, as for `p`: it is undefined in Tera's sense. Nil inside of a value is Tera's null: defined, printed as nothing.
//! `properties.a` with only `a.b` declared is refused: which of its parts are set decides each part.
//!
//! # Where it is stricter than Tera
//!
//! What Tera ignores or panics on is refused: arguments a filter does not know, `default` that is not the first filter, filters
//! in a condition that does not evaluate them, loops over texts, names that hide others. Refused too is what differs between
//! Rubies or needs what a Director lacks; the table says why.

mod code;
mod compiler;
mod expression;
mod helpers;
mod interface;
mod limits;
mod lower;
mod names;
mod output;
mod parsed;
mod path;
pub mod reference;
mod ruby;
mod scope;
mod statement;
pub mod table;
mod tags;
mod tree;

pub use compiler::{Compiled, check_job, compile};
pub use interface::{ConsumedLink, JobInterface};
pub use output::Place;
pub use parsed::Partials;
