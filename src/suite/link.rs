//! Links that the templates of a test see, built from what the provider's spec says.

use std::collections::BTreeSet;

use super::reader::{Pair, Reader, kind, present};
use crate::deployment::Node;
use crate::deployment::properties::{Declared, without_symbols};
use crate::deployment::release_job::{LinkDefinition, Release, ReleaseJob};
use crate::yaml::Value;

/// A link that is given to a rendering; the fields are those of the Ruby helper's `Link`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// Its name in the consumer's spec.
    pub name: String,
    /// Its instances.
    pub instances: Vec<LinkInstance>,
    /// Its properties, a map.
    pub properties: Value,
    /// What `link.address` gives.
    pub address: Option<String>,
}

/// An instance of a link; the fields are those of the Ruby helper's `LinkInstance`.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkInstance {
    /// Name of its instance group.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its index.
    pub index: u64,
    /// Its availability zone.
    pub az: String,
    /// Its address.
    pub address: String,
    /// Whether it is the bootstrap instance.
    pub bootstrap: bool,
}

impl Default for LinkInstance {
    fn default() -> Self {
        Self {
            name: "i-name".to_owned(),
            id: "jkl8098".to_owned(),
            index: 4,
            az: "az4".to_owned(),
            address: "link.instance.fake.example.com".to_owned(),
            bootstrap: false,
        }
    }
}

impl LinkInstance {
    fn data(&self) -> Value {
        Value::map([
            ("name", Value::from(self.name.as_str())),
            ("id", Value::from(self.id.as_str())),
            ("index", Value::from(self.index)),
            ("az", Value::from(self.az.as_str())),
            ("address", Value::from(self.address.as_str())),
            ("bootstrap", Value::from(self.bootstrap)),
        ])
    }

    /// What a test does not say of the instance at a place of the list.
    fn at(place: u64, group: &str) -> Self {
        Self {
            name: group.to_owned(),
            id: format!("instance-{place}"),
            index: place,
            az: format!("az{}", place.saturating_add(1)),
            address: address(place),
            bootstrap: place == 0,
        }
    }
}

/// `10.0.0.1` of the first instance, and so on.
fn address(place: u64) -> String {
    let number = place.saturating_add(1);
    format!("10.0.{}.{}", number / 256 % 256, number % 256)
}

impl Link {
    /// What templates see of it. As in the Ruby helper it always has an address, be it nil.
    pub fn data(&self) -> Value {
        let instances = self.instances.iter().map(LinkInstance::data);
        let properties = match &self.properties {
            Value::Null => Value::Mapping(Vec::new()),
            given => given.clone(),
        };
        Value::map([
            ("instances", Value::Sequence(instances.collect())),
            ("properties", properties),
            ("address", Value::from(self.address.as_deref())),
        ])
    }
}

/// A link of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestLink {
    /// Its name in the consumer's spec.
    pub name: String,
    /// The job of this release that provides it.
    pub provider: Option<String>,
    /// The provider's properties that the test gives.
    pub given: BTreeSet<String>,
    /// What templates see of it.
    pub data: Value,
}

const KEYS: &[&str] = &["job", "provides", "instances", "properties", "address"];
const INSTANCE_KEYS: &[&str] = &[
    "name",
    "id",
    "index",
    "az",
    "address",
    "bootstrap",
    "properties",
];
/// Most instances that a number asks for.
const MOST_INSTANCES: i64 = 1000;

/// The links of a test of a job.
pub(super) fn read(
    reader: &mut Reader,
    given: Option<&Node>,
    job: &ReleaseJob,
    release: &Release,
) -> Vec<TestLink> {
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Vec::new();
    };
    let mut links = Vec::new();
    for pair in reader.pairs(given, "`links`") {
        let consumed = job.spec.consumes.iter();
        let Some(wanted) = consumed.clone().find(|link| link.name == pair.name) else {
            let message = format!("Job '{}' does not consume a link '{}'", job.name, pair.name);
            let names = consumed.map(|link| link.name.as_str());
            reader.unknown(pair.at, message, pair.name, names);
            continue;
        };
        // Nil takes a link away that the shared part gives.
        if !pair.value.is_null() {
            links.extend(link(reader, pair, wanted, release));
        }
    }
    links
}

fn link(
    reader: &mut Reader,
    pair: Pair<'_>,
    wanted: &LinkDefinition,
    release: &Release,
) -> Option<TestLink> {
    let node = pair.value;
    let what = format!("link '{}'", pair.name);
    reader.known_keys(node, &what, KEYS);
    node.map()?;
    let provider = match present(node, "job") {
        None => None,
        Some(at) => {
            let name = reader.as_text(at, "job")?;
            let Some(job) = release.job(name) else {
                let names = release.jobs.iter().map(|job| job.name.as_str());
                let message = format!("The release has no job '{name}'");
                reader.unknown(&at.origin, message, name, names);
                return None;
            };
            Some((job, provided(reader, node, at, job, wanted)?))
        }
    };
    let mut given = BTreeSet::new();
    let properties = match &provider {
        None => without_symbols(&properties(reader, node)?),
        Some((job, definition)) => {
            let values = properties(reader, node)?;
            if let Some(at) = present(node, "properties") {
                let names: Vec<&str> = definition.properties.iter().map(String::as_str).collect();
                let of = format!("Link '{}' of job '{}'", definition.name, job.name);
                check_names(reader, at, &names, &|name| {
                    format!("{of} does not provide a property '{name}'")
                });
            }
            let mut names = definition.properties.iter();
            if let Some(name) = names.find(|name| job.spec.property(name).is_none()) {
                let message = format!(
                    "Link property {name} in template {} is not defined in release spec",
                    job.name
                );
                reader.fault(pair.at, message);
            }
            given = given_names(&values, definition.properties.iter().map(String::as_str));
            handed_on(job, definition, &values)
        }
    };
    let group = provider.as_ref().map_or(pair.name, |(job, _)| &job.name);
    let mut data = vec![
        ("instances", instances(reader, node, group)),
        ("properties", properties),
    ];
    // Without it a template that asks for the address fails, as it does wherever there is no Director.
    data.extend(
        node.get("address")
            .map(|address| ("address", address.value())),
    );
    Some(TestLink {
        name: pair.name.to_owned(),
        given,
        provider: provider.map(|(job, _)| job.name.clone()),
        data: Value::map(data),
    })
}

fn properties(reader: &mut Reader, node: &Node) -> Option<Value> {
    match present(node, "properties") {
        None => Some(Value::Mapping(Vec::new())),
        Some(given) if given.map().is_some() => Some(given.value()),
        Some(given) => {
            let message = format!("`properties` is a map, not {}", kind(given));
            reader.fault(&given.origin, message);
            None
        }
    }
}

/// Which of the links that a job provides is meant: the one that `provides` names, or the only one of the type.
fn provided<'r>(
    reader: &mut Reader,
    node: &Node,
    at: &Node,
    job: &'r ReleaseJob,
    wanted: &LinkDefinition,
) -> Option<&'r LinkDefinition> {
    let fitting: Vec<&LinkDefinition> = job
        .spec
        .provides
        .iter()
        .filter(|link| link.kind == wanted.kind)
        .collect();
    let names = || fitting.iter().map(|link| link.name.as_str());
    if let Some(named) = present(node, "provides") {
        let name = reader.as_text(named, "provides")?;
        let found = fitting.iter().find(|link| link.name == name);
        if found.is_none() {
            let message = format!(
                "Job '{}' does not provide a link '{name}' of the type '{}'",
                job.name, wanted.kind
            );
            reader.unknown(&named.origin, message, name, names());
        }
        return found.copied();
    }
    match fitting.as_slice() {
        [only] => Some(only),
        [] => {
            let message = format!(
                "Job '{}' provides no link of the type '{}', which link '{}' has",
                job.name, wanted.kind, wanted.name
            );
            reader.fault(&at.origin, message).hint =
                Some("without `job` a link may be given by hand".to_owned());
            None
        }
        _ => {
            let message = format!(
                "Job '{}' provides several links of the type '{}': {}",
                job.name,
                wanted.kind,
                names().collect::<Vec<_>>().join(", ")
            );
            reader.fault(&at.origin, message).hint =
                Some("name one of them with `provides`".to_owned());
            None
        }
    }
}

/// The properties that a provider hands on: those its link lists, as given (nil too) or their defaults.
pub fn handed_on(job: &ReleaseJob, definition: &LinkDefinition, given: &Value) -> Value {
    let mut out = Value::Mapping(Vec::new());
    for name in &definition.properties {
        let value = match look_up(given, name) {
            Some(value) => without_symbols(value),
            None => default(job.spec.property(name)),
        };
        set(&mut out, name, value);
    }
    out
}

fn default(declared: Option<&Declared>) -> Value {
    let default = declared.and_then(|found| found.definition.get("default"));
    default.cloned().unwrap_or_default()
}

/// The value at a dotted path, when each key on the way is there.
pub(super) fn look_up<'v>(given: &'v Value, name: &str) -> Option<&'v Value> {
    let mut keys = name.split('.');
    keys.try_fold(given, |at, key| at.get(key))
}

/// The names that have a value other than nil.
pub fn given_names<'n>(
    given: &Value,
    names: impl IntoIterator<Item = &'n str>,
) -> BTreeSet<String> {
    let is_given = |name: &&str| look_up(given, name).is_some_and(|value| *value != Value::Null);
    let names = names.into_iter().filter(is_given);
    names.map(str::to_owned).collect()
}

/// Sets the value at a dotted path, and maps on the way to it.
pub(super) fn set(at: &mut Value, name: &str, value: Value) {
    let (key, rest) = match name.split_once('.') {
        Some((key, rest)) => (key, Some(rest)),
        None => (name, None),
    };
    if !matches!(at, Value::Mapping(_)) {
        *at = Value::Mapping(Vec::new());
    }
    let Value::Mapping(entries) = at else { return };
    let place = entries
        .iter()
        .position(|(found, _)| found.as_str() == Some(key));
    let place = place.unwrap_or_else(|| {
        entries.push((Value::from(key), Value::Null));
        entries.len() - 1
    });
    let Some((_, inside)) = entries.get_mut(place) else {
        return;
    };
    match rest {
        Some(rest) => set(inside, rest, value),
        None => *inside = value,
    }
}

fn instances(reader: &mut Reader, node: &Node, group: &str) -> Value {
    let Some(given) = present(node, "instances") else {
        return Value::Sequence(vec![LinkInstance::at(0, group).data()]);
    };
    if let Value::Integer(count) = given.value()
        && (0..=MOST_INSTANCES).contains(&count)
    {
        let count = u64::try_from(count).unwrap_or_default();
        let listed = (0..count).map(|place| LinkInstance::at(place, group).data());
        return Value::Sequence(listed.collect());
    }
    let Some(items) = given.list() else {
        let message = format!("`instances` is a list, or a number from 0 to {MOST_INSTANCES}");
        reader.fault(&given.origin, message);
        return Value::Sequence(Vec::new());
    };
    // Where an item says who is the bootstrap instance, the first one is not it by itself.
    let decided = items.iter().any(|item| item.get("bootstrap").is_some());
    let mut listed = Vec::with_capacity(items.len());
    for (place, item) in (0..).zip(items) {
        let mut instance = LinkInstance::at(place, group);
        instance.bootstrap &= !decided;
        listed.push(one_instance(reader, item, &instance));
    }
    Value::Sequence(listed)
}

fn one_instance(reader: &mut Reader, given: &Node, unsaid: &LinkInstance) -> Value {
    let mut data = unsaid.data();
    if given.is_null() {
        return data;
    }
    reader.known_keys(given, "an instance of a link", INSTANCE_KEYS);
    if given.map().is_some() {
        for pair in reader.pairs(given, "an instance of a link") {
            set(&mut data, pair.name, pair.value.value());
        }
    }
    data
}

/// Notes the properties of a map that are not among the names, which are dotted paths: a property that is itself a map may
/// have any keys.
pub(super) fn check_names(
    reader: &mut Reader,
    given: &Node,
    names: &[&str],
    message: &dyn Fn(&str) -> String,
) {
    check_below(reader, given, "", names, message);
}

fn check_below(
    reader: &mut Reader,
    given: &Node,
    above: &str,
    names: &[&str],
    message: &dyn Fn(&str) -> String,
) {
    for pair in reader.pairs(given, "`properties`") {
        if pair.name.contains('.') {
            let message = format!("'{}' is one key, which no template reads", pair.name);
            let nested = pair.name.replace('.', ": {");
            let hint = format!("write it as maps in each other, `{nested}: ...`");
            reader.fault(pair.at, message).hint = Some(hint);
            continue;
        }
        let path = format!("{above}{}", pair.name);
        if names.contains(&path.as_str()) {
            continue;
        }
        let below = format!("{path}.");
        let is_parent = names.iter().any(|name| name.starts_with(&below));
        if is_parent && pair.value.map().is_some() {
            check_below(reader, pair.value, &below, names, message);
        } else if !is_parent {
            reader.unknown(pair.at, message(&path), &path, names.iter().copied());
        }
    }
}

/// The first property of a map that is not among the names, which are dotted paths.
pub fn unknown_name(given: &Value, names: &[&str]) -> Option<String> {
    unknown_below(given, "", names)
}

fn unknown_below(given: &Value, above: &str, names: &[&str]) -> Option<String> {
    let Value::Mapping(entries) = given else {
        return None;
    };
    entries.iter().find_map(|(key, value)| {
        let key = key.as_str()?;
        let path = format!("{above}{key}");
        let below = format!("{path}.");
        let is_parent = names.iter().any(|name| name.starts_with(&below));
        if !key.contains('.') && names.contains(&path.as_str()) {
            return None;
        }
        if is_parent && !key.contains('.') {
            return unknown_below(value, &below, names);
        }
        Some(path)
    })
}
