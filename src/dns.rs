//! DNS names as a Director makes them: of records, of queries for a group of instances, of `link.address`.
//!
//! Pure. A Director numbers availability zones, networks, groups and instances in its database, and short names consist
//! of these numbers; here they come as a [`Numbering`]. Errors have the class and text of the Director's.

use std::collections::BTreeMap;
use std::fmt;

use crate::yaml::Value;

/// The numbers that stand for names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbering {
    /// Of availability zones, by name.
    pub azs: BTreeMap<String, String>,
    /// Of networks, by name.
    pub networks: BTreeMap<String, String>,
    /// Of instances, by uuid.
    pub instances: BTreeMap<String, String>,
    /// Of groups of instances.
    pub groups: BTreeMap<Group, String>,
}

/// Instances that have a name together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// What the group is of.
    pub kind: GroupKind,
    /// Name of the instance group, or `<alias>-<type>` of the link's provider.
    pub name: String,
    /// Name of the deployment.
    pub deployment: String,
}

/// What a group is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKind {
    /// An instance group.
    InstanceGroup,
    /// A provider of a link.
    Link,
}

/// Which instances of a group a query asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Those of these availability zones; all if empty.
    pub azs: Vec<Zone>,
    /// The one with this id.
    pub uuid: Option<String>,
    /// `synchronous` or `asynchronous`; anything else does not count.
    pub initial_health_check: Option<String>,
    /// `healthy`, `unhealthy`, `all` or `default`; anything else is the default.
    pub status: Option<String>,
}

/// An item of `azs:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// Ruby's nil: a zone with an empty number.
    Nil,
    /// A name.
    Named(String),
    /// Neither, as a Symbol; holds its text. No zone has such a name.
    Other(String),
}

/// Why there is no such name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsError {
    /// A canonical name begins (`true`) or ends with a hyphen.
    Hyphen {
        /// The canonical name.
        name: String,
        /// Whether it is the first character.
        first: bool,
    },
    /// An availability zone without a number.
    UnknownZone(String),
    /// A network without a number.
    UnknownNetwork(String),
    /// An instance without a number.
    UnknownInstance(String),
    /// A name that has to be text is not; holds what Ruby calls the thing (`nil`, `an instance of Integer`).
    NoText(&'static str),
    /// There is no Director to ask, as in unit tests.
    NoDirector,
    /// The `dns` data, or a link's, has another shape; holds what is wrong.
    Malformed(String),
}

impl DnsError {
    /// The class of Ruby's exception.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Hyphen { .. } => "Bosh::Director::DnsInvalidCanonicalName",
            Self::NoText(_) => "NoMethodError",
            Self::NoDirector => "NotImplementedError",
            Self::UnknownZone(_)
            | Self::UnknownNetwork(_)
            | Self::UnknownInstance(_)
            | Self::Malformed(_) => "RuntimeError",
        }
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hyphen { name, first } => {
                let place = if *first { "start" } else { "end" };
                write!(
                    f,
                    "Invalid DNS canonical name '{name}', cannot {place} with a hyphen"
                )
            }
            Self::UnknownZone(name) => write!(f, "Unknown AZ: '{name}'"),
            Self::UnknownNetwork(name) => write!(f, "Unknown Network: '{name}'"),
            Self::UnknownInstance(uuid) => write!(f, "Unknown instance UUID: '{uuid}'"),
            Self::NoText(what) => write!(f, "undefined method 'downcase' for {what}"),
            Self::NoDirector => f.write_str("link.address requires bosh director"),
            Self::Malformed(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DnsError {}

impl Numbering {
    /// Reads `azs`, `networks` and `instances` (name to number) and `groups` (a list of `type`, `name`, `deployment` and
    /// `id`); each may be absent.
    pub fn read(dns: &Value) -> Result<Self, DnsError> {
        let mut groups = BTreeMap::new();
        for entry in items(dns, "groups")? {
            let group = Group {
                kind: GroupKind::read(&member(entry, "type")?)?,
                name: member(entry, "name")?,
                deployment: member(entry, "deployment")?,
            };
            groups.insert(group, member(entry, "id")?);
        }
        Ok(Self {
            azs: numbers(dns, "azs")?,
            networks: numbers(dns, "networks")?,
            instances: numbers(dns, "instances")?,
            groups,
        })
    }
}

impl GroupKind {
    fn read(text: &str) -> Result<Self, DnsError> {
        match text {
            "instance-group" => Ok(Self::InstanceGroup),
            "link" => Ok(Self::Link),
            _ => Err(malformed(format!("'{text}' is no type of DNS groups"))),
        }
    }
}

fn malformed(what: impl Into<String>) -> DnsError {
    DnsError::Malformed(what.into())
}

fn items<'v>(dns: &'v Value, key: &str) -> Result<&'v [Value], DnsError> {
    match dns.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Sequence(items)) => Ok(items),
        Some(_) => Err(malformed(format!("`{key}` of the DNS numbers is no list"))),
    }
}

fn numbers(dns: &Value, key: &str) -> Result<BTreeMap<String, String>, DnsError> {
    let entries = match dns.get(key) {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Mapping(entries)) => entries,
        Some(_) => return Err(malformed(format!("`{key}` of the DNS numbers is no map"))),
    };
    let number = |(name, number): &(Value, Value)| Some((plain(name)?, plain(number)?));
    let numbers: Option<_> = entries.iter().map(number).collect();
    numbers.ok_or_else(|| malformed(format!("`{key}` of the DNS numbers holds more than texts")))
}

fn member(entry: &Value, key: &str) -> Result<String, DnsError> {
    entry
        .get(key)
        .and_then(plain)
        .ok_or_else(|| malformed(format!("a DNS group has no text for `{key}`")))
}

/// A text or an integer, as text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Unsigned(number) => Some(number.to_string()),
        Value::BigInteger(digits) => Some(digits.clone()),
        _ => None,
    }
}

/// A name as it stands in DNS names: lower case, `_` as `-`, only letters, digits and hyphens of ASCII.
pub fn canonical(name: &str) -> Result<String, DnsError> {
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c == '_' { '-' } else { c })
        .filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'))
        .collect();
    let first = name.starts_with('-');
    if first || name.ends_with('-') {
        return Err(DnsError::Hyphen { name, first });
    }
    Ok(name)
}

/// The name of an instance: `host` is its uuid or index. A network `%` stays as it is.
pub fn record_name(
    host: &str,
    group: &str,
    network: &str,
    deployment: &str,
    domain: &str,
) -> Result<String, DnsError> {
    let group = canonical(group)?;
    let network = match network {
        "%" => network.to_owned(),
        _ => canonical(network)?,
    };
    let deployment = canonical(deployment)?;
    Ok([host, &group, &network, &deployment, domain].join("."))
}

/// What a query is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What the group is of.
    pub kind: GroupKind,
    /// Name of the group.
    pub group: Value,
    /// Name of the network.
    pub network: Value,
    /// Name of the deployment.
    pub deployment: Value,
    /// Root domain.
    pub domain: Value,
    /// Whether numbers stand for the names.
    pub short: bool,
}

impl Query {
    /// The query of a link, as its own flags say.
    fn of_link(link: &Value) -> Self {
        let of = |key: &str| link.get(key).cloned().unwrap_or_default();
        let is_set = |key: &str| !matches!(of(key), Value::Null | Value::Bool(false));
        let (kind, group) = if is_set("use_link_dns_names") {
            (GroupKind::Link, "group_name")
        } else {
            (GroupKind::InstanceGroup, "instance_group")
        };
        Self {
            kind,
            group: of(group),
            network: of("default_network"),
            deployment: of("deployment_name"),
            domain: of("domain"),
            short: is_set("use_short_dns_addresses"),
        }
    }

    /// The name to ask for.
    pub fn name(&self, criteria: &Criteria, numbering: &Numbering) -> Result<String, DnsError> {
        let first = match &criteria.uuid {
            Some(uuid) if !self.short => uuid.clone(),
            _ => format!("q-{}", self.slug(criteria, numbering)?),
        };
        let mut parts = vec![first];
        if self.short {
            parts.push(format!("q-g{}", self.group_number(numbering)));
        } else {
            for name in [&self.group, &self.network, &self.deployment] {
                parts.push(canonical(text(name)?)?);
            }
        }
        parts.push(match &self.domain {
            Value::Null => String::new(),
            domain => plain(domain).ok_or_else(|| malformed("a root domain is no text"))?,
        });
        Ok(parts.join("."))
    }

    /// What is asked for, in parts that are sorted as texts: `q-a1a2s3`.
    fn slug(&self, criteria: &Criteria, numbering: &Numbering) -> Result<String, DnsError> {
        let mut parts = Vec::new();
        for zone in &criteria.azs {
            parts.push(format!("a{}", zone_number(zone, numbering)?));
        }
        if self.short {
            parts.extend(self.place(criteria, numbering)?);
        }
        match criteria.initial_health_check.as_deref() {
            Some("synchronous") => parts.push("y1".to_owned()),
            Some("asynchronous") => parts.push("y0".to_owned()),
            _ => {}
        }
        let status = match criteria.status.as_deref() {
            Some("unhealthy") => 1,
            Some("healthy") => 3,
            Some("all") => 4,
            _ => 0,
        };
        parts.push(format!("s{status}"));
        parts.sort_unstable();
        Ok(parts.concat())
    }

    /// Instance and network of a short name.
    fn place(&self, criteria: &Criteria, numbering: &Numbering) -> Result<Vec<String>, DnsError> {
        let mut parts = Vec::new();
        if let Some(uuid) = &criteria.uuid {
            let number = numbering.instances.get(uuid);
            let number = number.ok_or_else(|| DnsError::UnknownInstance(uuid.clone()))?;
            parts.push(format!("m{number}"));
        }
        if self.network != Value::Null {
            let name =
                plain(&self.network).ok_or_else(|| malformed("a network's name is no text"))?;
            let number = numbering.networks.get(&name);
            let number = number.ok_or(DnsError::UnknownNetwork(name))?;
            parts.push(format!("n{number}"));
        }
        Ok(parts)
    }

    /// Nothing for a group without a number.
    fn group_number<'n>(&self, numbering: &'n Numbering) -> &'n str {
        let (Some(name), Some(deployment)) = (self.group.as_str(), self.deployment.as_str()) else {
            return "";
        };
        let group = Group {
            kind: self.kind,
            name: name.to_owned(),
            deployment: deployment.to_owned(),
        };
        numbering.groups.get(&group).map_or("", String::as_str)
    }
}

fn zone_number<'n>(zone: &Zone, numbering: &'n Numbering) -> Result<&'n str, DnsError> {
    match zone {
        Zone::Nil => Ok(""),
        Zone::Named(name) => numbering
            .azs
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| DnsError::UnknownZone(name.clone())),
        Zone::Other(name) => Err(DnsError::UnknownZone(name.clone())),
    }
}

fn text(value: &Value) -> Result<&str, DnsError> {
    let what = match value {
        Value::String(text) => return Ok(text),
        Value::Null => "nil",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Integer(_) | Value::Unsigned(_) | Value::BigInteger(_) => "an instance of Integer",
        Value::Float(_) => "an instance of Float",
        Value::Symbol(_) => "an instance of Symbol",
        Value::Binary(_) => return Err(malformed("a name of a link is not UTF-8")),
        Value::Sequence(_) => "an instance of Array",
        Value::Mapping(_) => "an instance of Hash",
    };
    Err(DnsError::NoText(what))
}

/// What `link.address` gives for a link of the spec.
///
/// A link with the key `address` (a manual one) gives its value, nil too, whatever the criteria. Without a numbering,
/// as in unit tests, other links have no address.
pub fn address(
    link: &Value,
    criteria: &Criteria,
    numbering: Option<&Numbering>,
) -> Result<Value, DnsError> {
    if let Some(address) = link.get("address") {
        return Ok(address.clone());
    }
    let numbering = numbering.ok_or(DnsError::NoDirector)?;
    Query::of_link(link)
        .name(criteria, numbering)
        .map(Value::String)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::yaml;

    fn value(text: &str) -> Value {
        yaml::parse(&Source::new("data", text)).unwrap().value()
    }

    /// The numbers of the vectors.
    fn numbering() -> Numbering {
        let base = value(include_str!("../tests/conformance/templates/base.yml"));
        let mut numbering = Numbering::read(base.get("dns").unwrap()).unwrap();
        numbering
            .instances
            .insert("id-0".to_owned(), "31".to_owned());
        numbering
    }

    fn link(changes: &str) -> Value {
        let Value::Mapping(mut link) = value(
            "{deployment_name: dep, domain: bosh, default_network: default, instance_group: db_grp, group_name: db-database, \
             use_short_dns_addresses: false, use_link_dns_names: false}",
        ) else {
            unreachable!("a map")
        };
        if let Value::Mapping(changes) = value(changes) {
            for (key, value) in changes {
                link.retain(|(found, _)| *found != key);
                link.push((key, value));
            }
        }
        Value::Mapping(link)
    }

    /// `azs`, `status`, `check` and `uuid` as in a call.
    fn criteria(text: &str) -> Criteria {
        let call = value(text);
        let of = |key: &str| call.get(key).and_then(Value::as_str).map(str::to_owned);
        let zone = |zone: &Value| match zone {
            Value::Null => Zone::Nil,
            Value::String(name) => Zone::Named(name.clone()),
            other => Zone::Other(plain(other).unwrap()),
        };
        let azs = match call.get("azs") {
            Some(Value::Sequence(azs)) => azs.iter().map(zone).collect(),
            _ => Vec::new(),
        };
        Criteria {
            azs,
            uuid: of("uuid"),
            initial_health_check: of("check"),
            status: of("status"),
        }
    }

    const SHORT: &str = "{use_short_dns_addresses: true}";
    const SHORT_LINK: &str = "{use_short_dns_addresses: true, use_link_dns_names: true}";

    /// Changes of the link, criteria, name.
    const NAMES: &[(&str, &str, &str)] = &[
        ("{}", "{}", "q-s0.db-grp.default.dep.bosh"),
        (
            "{}",
            "{azs: [z2, z1], status: healthy}",
            "q-a1a2s3.db-grp.default.dep.bosh",
        ),
        ("{}", "{azs: [z1]}", "q-a1s0.db-grp.default.dep.bosh"),
        ("{}", "{azs: [~, z1]}", "q-aa1s0.db-grp.default.dep.bosh"),
        (
            "{}",
            "{check: synchronous}",
            "q-s0y1.db-grp.default.dep.bosh",
        ),
        (
            "{}",
            "{check: asynchronous, status: all}",
            "q-s4y0.db-grp.default.dep.bosh",
        ),
        (
            "{}",
            "{check: other, status: other}",
            "q-s0.db-grp.default.dep.bosh",
        ),
        ("{}", "{status: unhealthy}", "q-s1.db-grp.default.dep.bosh"),
        ("{}", "{status: default}", "q-s0.db-grp.default.dep.bosh"),
        (
            "{}",
            "{uuid: any, azs: [z9]}",
            "any.db-grp.default.dep.bosh",
        ),
        (SHORT, "{azs: [z1]}", "q-a1n1s0.q-g7.bosh"),
        (
            SHORT,
            "{uuid: id-0, check: synchronous}",
            "q-m31n1s0y1.q-g7.bosh",
        ),
        (SHORT_LINK, "{}", "q-n1s0.q-g8.bosh"),
        (
            "{use_link_dns_names: true}",
            "{}",
            "q-s0.db-database.default.dep.bosh",
        ),
        (
            "{use_link_dns_names: ~}",
            "{}",
            "q-s0.db-grp.default.dep.bosh",
        ),
        (
            "{use_short_dns_addresses: true, default_network: ~}",
            "{}",
            "q-s0.q-g7.bosh",
        ),
        (
            "{use_short_dns_addresses: true, instance_group: new}",
            "{}",
            "q-n1s0.q-g.bosh",
        ),
        (
            "{instance_group: B c.D9_\u{212a}, default_network: N_1}",
            "{}",
            "q-s0.bcd9-k.n-1.dep.bosh",
        ),
        ("{domain: ~}", "{}", "q-s0.db-grp.default.dep."),
        ("{domain: a.B_}", "{}", "q-s0.db-grp.default.dep.a.B_"),
    ];

    #[test]
    fn names_are_those_of_the_director() {
        for (changes, call, name) in NAMES {
            let found = address(&link(changes), &criteria(call), Some(&numbering()));
            assert_eq!(found, Ok(Value::from(*name)), "{changes} {call}");
        }
    }

    /// Changes of the link, criteria, class and text of the error.
    const ERRORS: &[(&str, &str, &str, &str)] = &[
        ("{}", "{azs: [z9]}", "RuntimeError", "Unknown AZ: 'z9'"),
        ("{}", "{azs: [1]}", "RuntimeError", "Unknown AZ: '1'"),
        (
            SHORT,
            "{uuid: x}",
            "RuntimeError",
            "Unknown instance UUID: 'x'",
        ),
        (
            "{use_short_dns_addresses: true, default_network: w}",
            "{}",
            "RuntimeError",
            "Unknown Network: 'w'",
        ),
        (
            "{default_network: ~}",
            "{}",
            "NoMethodError",
            "undefined method 'downcase' for nil",
        ),
        (
            "{instance_group: 5}",
            "{}",
            "NoMethodError",
            "undefined method 'downcase' for an instance of Integer",
        ),
        (
            "{instance_group: _a}",
            "{}",
            "Bosh::Director::DnsInvalidCanonicalName",
            "Invalid DNS canonical name '-a', cannot start with a hyphen",
        ),
        (
            "{default_network: aé-é}",
            "{}",
            "Bosh::Director::DnsInvalidCanonicalName",
            "Invalid DNS canonical name 'a-', cannot end with a hyphen",
        ),
    ];

    #[test]
    fn errors_are_those_of_the_director() {
        for (changes, call, class, message) in ERRORS {
            let error = address(&link(changes), &criteria(call), Some(&numbering())).unwrap_err();
            assert_eq!((error.class(), &*error.to_string()), (*class, *message));
        }
    }

    #[test]
    fn manual_links_have_the_address_they_were_given() {
        for given in [Value::from("db.example.com"), Value::Null] {
            let link = Value::map([("address", given.clone())]);
            let call = criteria("{azs: [z9]}");
            assert_eq!(address(&link, &call, None), Ok(given));
        }
        let error = address(&link("{}"), &Criteria::default(), None).unwrap_err();
        assert_eq!(error.class(), "NotImplementedError");
        assert_eq!(error.to_string(), "link.address requires bosh director");
    }

    #[test]
    fn records_have_long_names() {
        let name = |network| record_name("0", "main_ig", network, "Dep", "bosh");
        assert_eq!(name("Default").unwrap(), "0.main-ig.default.dep.bosh");
        assert_eq!(name("%").unwrap(), "0.main-ig.%.dep.bosh");
        assert!(name("x_").is_err());
    }

    #[test]
    fn numbers_of_another_shape_are_refused() {
        for text in [
            "{azs: [z1]}",
            "{networks: {a: []}}",
            "{groups: {}}",
            "{groups: [{type: link, name: n, id: '1'}]}",
            "{groups: [{type: other, name: n, deployment: d, id: '1'}]}",
        ] {
            assert!(Numbering::read(&value(text)).is_err(), "{text}");
        }
        assert_eq!(Numbering::read(&Value::Null), Ok(Numbering::default()));
    }
}
