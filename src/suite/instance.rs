//! The instance that the templates of a test see.
//!
//! What a test does not say has the values of BOSH's own test helper for Ruby (`Bosh::Common::Template::Test`), so that
//! expectations written for it hold here.

use super::reader::{Reader, kind};
use crate::deployment::Node;
use crate::yaml::Value;

/// An instance, as `spec` shows it; the fields are those of the Ruby helper's `InstanceSpec`.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceSpec {
    /// `spec.address`.
    pub address: String,
    /// `spec.az`.
    pub az: String,
    /// `spec.bootstrap`.
    pub bootstrap: bool,
    /// `spec.deployment`.
    pub deployment: String,
    /// `spec.id`.
    pub id: String,
    /// `spec.index`.
    pub index: u64,
    /// `spec.ip`.
    pub ip: String,
    /// `spec.name`, the instance group, and `spec.job.name`.
    pub name: String,
    /// `spec.networks`; where this is nothing, one network called `network1` with the address `ip`.
    pub networks: Option<Value>,
}

impl Default for InstanceSpec {
    fn default() -> Self {
        Self {
            address: "my.bosh.com".to_owned(),
            az: "az1".to_owned(),
            bootstrap: false,
            deployment: "my-deployment".to_owned(),
            id: "xxxxxx-xxxxxxxx-xxxxx".to_owned(),
            index: 0,
            ip: "192.168.0.0".to_owned(),
            name: "me".to_owned(),
            networks: None,
        }
    }
}

impl InstanceSpec {
    /// The data, without properties and links.
    pub fn data(&self) -> Value {
        let networks = self.networks.clone();
        Value::map([
            ("address", Value::from(self.address.as_str())),
            ("az", Value::from(self.az.as_str())),
            ("bootstrap", Value::from(self.bootstrap)),
            ("deployment", Value::from(self.deployment.as_str())),
            ("id", Value::from(self.id.as_str())),
            ("index", Value::from(self.index)),
            ("ip", Value::from(self.ip.as_str())),
            ("name", Value::from(self.name.as_str())),
            (
                "networks",
                networks.unwrap_or_else(|| networks_of(Value::from(self.ip.as_str()))),
            ),
            ("job", Value::map([("name", self.name.as_str())])),
        ])
    }
}

fn networks_of(ip: Value) -> Value {
    let network = Value::map([("foo", Value::from("bar")), ("ip", ip)]);
    Value::map([("network1", network)])
}

/// What a test may say of its instance: what a Director puts there, but for what is said elsewhere (properties, links).
const KEYS: &[&str] = &[
    "name",
    "index",
    "az",
    "address",
    "id",
    "bootstrap",
    "networks",
    "ip",
    "deployment",
    "dns_domain_name",
    "persistent_disk",
    "release",
];

/// The data of the instance of a test, with `given` in place of what it would be. Nil is a value: `ip: ~` is an instance
/// without address.
pub(super) fn read(reader: &mut Reader, given: Option<&Node>) -> Value {
    let data = InstanceSpec::default().data();
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return data;
    };
    if given.map().is_none() {
        let message = format!(
            "`instance` is a map such as {{name: web, index: 0}}, not {}",
            kind(given)
        );
        reader.fault(&given.origin, message);
        return data;
    }
    reader.known_keys(given, "`instance`", KEYS);
    let Value::Mapping(mut entries) = data else {
        return data;
    };
    let mut set = |key: &str, value: Value| match entries
        .iter_mut()
        .find(|(found, _)| found.as_str() == Some(key))
    {
        Some(entry) => entry.1 = value,
        None => entries.push((Value::from(key), value)),
    };
    if let Some(ip) = given.get("ip") {
        set("networks", networks_of(ip.value()));
    }
    for pair in reader.pairs(given, "`instance`") {
        set(pair.name, pair.value.value());
        if pair.name == "name" {
            set("job", Value::map([("name", pair.value.value())]));
        }
    }
    Value::Mapping(entries)
}
