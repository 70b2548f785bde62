//! The first test file of a job: a test for each template, with values that its spec suggests.

use std::fmt::Write as _;

use super::link::set;
use crate::deployment::properties::Declared;
use crate::deployment::release_job::ReleaseJob;
use crate::yaml::{self, Value};

/// What a first test file says.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Properties that all tests give, by their dotted names.
    pub properties: Vec<(String, Value)>,
    /// Links that all tests give.
    pub links: Vec<DraftLink>,
    /// A test for each template: its destination, and the error that it ends with if it cannot be rendered.
    pub tests: Vec<(String, Option<String>)>,
}

/// A link of a first test file.
#[derive(Debug, Clone)]
pub struct DraftLink {
    /// Its name.
    pub name: String,
    /// The job that provides it; without one the link is given by hand.
    pub provider: Option<String>,
    /// Its properties, by their dotted names; of a link that is given by hand.
    pub properties: Vec<(String, Value)>,
}

impl DraftLink {
    fn value(&self) -> Value {
        if let Some(job) = &self.provider {
            return Value::map([("job", job.as_str())]);
        }
        let mut value = Value::map([("instances", 1_i64)]);
        if !self.properties.is_empty() {
            set(&mut value, "properties", nested(&self.properties));
        }
        value
    }
}

/// Values by dotted names as maps in each other.
fn nested(values: &[(String, Value)]) -> Value {
    let mut out = Value::Mapping(Vec::new());
    for (name, value) in values {
        set(&mut out, name, value.clone());
    }
    out
}

/// The directory of golden files beside the test file.
pub const GOLDENS: &str = "defaults";

impl Draft {
    /// The text of the file.
    pub fn text(&self, job: &ReleaseJob) -> String {
        let mut text = format!(
            "# Tests of the templates of job {}, run by `bosh-release test`.\n",
            job.name
        );
        self.defaults(job, &mut text);
        text.push_str("tests:\n");
        for (number, (destination, error)) in self.tests.iter().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            let expected = match error {
                None => Value::map([("golden", format!("{GOLDENS}/{destination}"))]),
                Some(error) => Value::map([("error", error.as_str())]),
            };
            let name = match error {
                None => format!("{destination} with defaults"),
                Some(_) => format!("{destination} needs more than defaults"),
            };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "- name: {}  template: {}  expect:\n{}",
                scalar(&name),
                scalar(destination),
                indented(&yaml::write(&expected), 4)
            );
        }
        text
    }

    fn defaults(&self, job: &ReleaseJob, text: &mut String) {
        if self.properties.is_empty() && self.links.is_empty() {
            return;
        }
        text.push_str("defaults:\n");
        if !self.properties.is_empty() {
            text.push_str("  # These have no default:\n");
            for (name, _) in &self.properties {
                let said = job.spec.property(name).and_then(summary);
                let said = said.map(|said| format!(": {said}")).unwrap_or_default();
                let _ = writeln!(text, "  #   {name}{said}");
            }
            let _ = write!(
                text,
                "  properties:\n{}",
                indented(&yaml::write(&nested(&self.properties)), 4)
            );
        }
        if !self.links.is_empty() {
            let link = |link: &DraftLink| (link.name.clone(), link.value());
            let links = Value::map(self.links.iter().map(link));
            let _ = write!(text, "  links:\n{}", indented(&yaml::write(&links), 4));
        }
    }
}

/// A text with its line break.
fn scalar(text: &str) -> String {
    yaml::write(&Value::from(text))
}

fn indented(text: &str, by: usize) -> String {
    let indent = " ".repeat(by);
    let lines = text.lines();
    lines.fold(String::new(), |out, line| out + &indent + line + "\n")
}

fn described(declared: &Declared) -> &str {
    let description = declared.definition.get("description");
    description.and_then(Value::as_str).unwrap_or_default()
}

/// The first sentence of what the spec says of a property.
fn summary(declared: &Declared) -> Option<String> {
    let words: Vec<&str> = described(declared).split_whitespace().collect();
    let text = words.join(" ");
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    let text = text.get(..end)?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// A value for a property that has none: the example of its spec, or one that fits its name and description.
pub fn plausible(declared: &Declared) -> Value {
    for key in ["example", "examples"] {
        match declared.definition.get(key) {
            None | Some(Value::Null) => {}
            Some(Value::Sequence(items)) if key == "examples" => {
                if let Some(first) = items.first() {
                    return first.clone();
                }
            }
            Some(example) => return example.clone(),
        }
    }
    let said = summary(declared).unwrap_or_default().to_lowercase();
    let name = declared.name.rsplit('.').next().unwrap_or_default();
    let name = name.to_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let begins = |words: &[&str]| words.iter().any(|word| said.starts_with(word));
    let tells = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if begins(&["true", "false", "whether", "enable", "disable"])
        || named(&["enable", "disable"])
        || described(declared).to_lowercase().contains("true:")
        || tells(&["boolean"])
    {
        return Value::from(true);
    }
    if tells(&["list of", "array of"]) || name.ends_with("_list") {
        return Value::list([word(&name)]);
    }
    if tells(&["hash of", "map of", "hash with"]) {
        return Value::map([("name", "value")]);
    }
    if named(&["password", "secret", "token", "passphrase"]) {
        return Value::from("secret");
    }
    if name == "ca" || named(&["cert", "private_key", "public_key"]) {
        return Value::from("-----BEGIN NONE-----\n-----END NONE-----\n");
    }
    if named(&["url", "uri", "endpoint"]) {
        return Value::from("https://example.com");
    }
    if name == "ip" || named(&["address", "host"]) {
        return Value::from("10.0.0.1");
    }
    if name == "port" || name.ends_with("_port") {
        return Value::from(8080_i64);
    }
    let counts = [
        "number of",
        "seconds",
        "milliseconds",
        "bytes",
        "how many",
        "maximum",
        "minimum",
    ];
    if tells(&counts)
        || named(&[
            "timeout", "interval", "count", "max_", "min_", "size", "limit",
        ])
    {
        return Value::from(1_i64);
    }
    Value::from(word(&name))
}

fn word(name: &str) -> &str {
    if name.is_empty() { "value" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_names_and_descriptions() {
        let rows = [
            ("a.password", "", Value::from("secret")),
            ("tls.enabled", "", Value::from(true)),
            ("open", "Whether anybody may connect", Value::from(true)),
            ("a.port", "", Value::from(8080_i64)),
            ("db.host", "", Value::from("10.0.0.1")),
            ("login", "Number of tries", Value::from(1_i64)),
            ("users", "A list of names", Value::list(["users"])),
            (
                "tls.ca",
                "",
                Value::from("-----BEGIN NONE-----\n-----END NONE-----\n"),
            ),
            ("motto", "What is printed", Value::from("motto")),
            (
                "mode",
                "Has to be set. true: open. false: closed.",
                Value::from(true),
            ),
        ];
        for (name, description, value) in rows {
            let declared = Declared {
                name: name.to_owned(),
                definition: Value::map([("description", description)]),
            };
            assert_eq!(plausible(&declared), value, "{name}");
        }
        let declared = Declared {
            name: "a".to_owned(),
            definition: Value::map([("example", vec![1_i64, 2])]),
        };
        assert_eq!(plausible(&declared), Value::list([1_i64, 2]));
    }
}
