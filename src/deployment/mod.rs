//! What becomes of a manifest before a Director sees it: operations, variables, and where each value came from.
//!
//! Pure. [`interpolate()`] tells the story in one function. Behaviour is that of the official CLI (`bosh interpolate`): its
//! path language ([`Pointer`]), its operations, its order of sources of variables ([`variables`]), its words where
//! something is wrong; each fault also has its place.
//!
//! From there on, what a Director plans: [`DeploymentManifest`] (typed, first fault first), [`CloudConfig`] and
//! [`RecordedState`], the jobs of [`release_job`], and [`plan::plan`], which makes a [`DeploymentPlan`] of them: instances
//! with zones and addresses, jobs with properties. Links come after, in `links`.
//!
//! Invariants of a document ([`Node`]): at most [`MAX_DEPTH`] levels deep, so that recursion over it is safe on any
//! thread; keys are scalars and distinct; each node knows the text it stands in, and what put it there
//! ([`Origin`]). Operations and variables together do a bounded amount of work ([`MAX_WORK`]) and make a bounded amount of
//! text ([`MAX_TEXT`]).

pub mod address;
mod apply;
mod assumed;
pub mod cloud_config;
mod document;
mod explain;
pub mod inspect;
mod interpolate;
pub mod manifest;
mod operations;
mod pick;
mod placement;
pub mod plan;
mod pointer;
pub mod properties;
pub mod read;
pub mod release_job;
mod secrets;
mod sent;
pub mod state;
mod substitute;
mod unknown;
pub mod variables;

pub use apply::{Fault, FaultKind, find};
pub use assumed::AssumedCloud;
pub use cloud_config::CloudConfig;
pub use document::{Content, Entry, How, Key, Map, Node, Origin, Step, type_name};
pub use explain::{Cause, Explanation, Part, Site};
pub use interpolate::{InterpolatedManifest, Request, interpolate};
pub use manifest::DeploymentManifest;
pub use operations::{Action, Operation, OperationsFile};
pub use pick::pick_from_cloud_config;
pub use plan::DeploymentPlan;
pub use pointer::{Modifier, Pointer, Token};
pub use sent::sent as received;
pub use state::RecordedState;
pub use unknown::unknown_properties;

/// Deepest nesting of lists and maps, as in a text.
pub const MAX_DEPTH: usize = crate::yaml::MAX_DEPTH;
/// Most nodes that variables may add.
pub const MAX_NODES: usize = crate::yaml::MAX_NODES;
/// Most bytes of text that variables may make.
pub const MAX_TEXT: usize = crate::yaml::MAX_BYTES;
/// Most items of lists that all operations together may look at or move.
pub const MAX_WORK: usize = 50_000_000;

/// `inner` as the cause of `outer`: on lines of its own, two spaces further in.
fn caused(outer: &str, inner: &str) -> String {
    format!("{outer}:\n  {}", inner.replace('\n', "\n  "))
}

#[cfg(test)]
mod tests;
