//! The data that templates of a job see of an instance.

use std::sync::Arc;

use super::dns::Numbering;
use super::properties::{self, PropertyError};
use crate::yaml::Value;

/// An instance as one job's templates see it: the `spec`, whose `properties` and `links` are that job's alone, and the
/// numbers that stand for names in DNS.
#[derive(Debug, Clone)]
pub struct InstanceSpec {
    spec: Value,
    numbering: Option<Arc<Numbering>>,
}

impl InstanceSpec {
    /// Takes the data. Without a numbering, as in unit tests, links have no DNS names.
    ///
    /// Fails where a Director fails before it renders: for what is no map, and for keys that are no texts.
    pub fn new(spec: Value, numbering: Option<Arc<Numbering>>) -> Result<Self, PropertyError> {
        if !matches!(spec, Value::Mapping(_)) {
            return Err(PropertyError::not_a_spec(&spec));
        }
        properties::check_keys(&spec)?;
        Ok(Self { spec, numbering })
    }

    /// The `spec`, a map.
    pub fn spec(&self) -> &Value {
        &self.spec
    }

    /// The numbers of DNS names.
    pub fn numbering(&self) -> Option<&Arc<Numbering>> {
        self.numbering.as_ref()
    }
}
