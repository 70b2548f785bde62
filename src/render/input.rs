//! The file with which somebody renders one template: an instance, DNS numbers, and the names for the texts of errors.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::context::InstanceSpec;
use super::dns::Numbering;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::yaml::psych::{self, Document, Kind, NodeId, Scalar};
use crate::yaml::{MAX_NODES, Value};

/// What the file says.
#[derive(Debug, Clone)]
pub struct Input {
    /// Name of the job.
    pub job: Option<String>,
    /// Path of the template below the job's `templates`, or `monit`.
    pub template: Option<String>,
    /// The instance.
    pub instance: InstanceSpec,
}

impl Input {
    /// Reads JSON, or YAML as Ruby reads it: a map with `job`, `template`, `spec` and `dns`, or a spec alone. A spec alone
    /// has no DNS numbers.
    pub fn read(source: &Arc<Source>) -> Result<Self, Diagnostic> {
        let data = read_data(source)?;
        let wrong = |what: String| Diagnostic::error(format!("{}: {what}", source.name()));
        if !matches!(data, Value::Mapping(_)) {
            return Err(wrong("holds no map".to_owned()));
        }
        let Some(spec) = data.get("spec").filter(|spec| is_map(spec)) else {
            let instance = InstanceSpec::new(data, None);
            return Ok(Self {
                job: None,
                template: None,
                instance: instance.map_err(|error| wrong(error.to_string()))?,
            });
        };
        let text = |key: &str| match data.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(format!("`{key}` is no text"))),
        };
        let numbering = match data.get("dns") {
            None | Some(Value::Null) => None,
            Some(dns) => {
                let numbering = Numbering::read(dns).map_err(|error| wrong(error.to_string()))?;
                Some(Arc::new(numbering))
            }
        };
        let instance = InstanceSpec::new(spec.clone(), numbering);
        Ok(Self {
            job: text("job")?,
            template: text("template")?,
            instance: instance.map_err(|error| wrong(error.to_string()))?,
        })
    }
}

fn is_map(value: &Value) -> bool {
    matches!(value, Value::Mapping(_))
}

/// The data of a text: JSON when it is JSON, else YAML.
pub fn read_data(source: &Arc<Source>) -> Result<Value, Diagnostic> {
    match serde_json::from_str::<serde_json::Value>(source.text()) {
        Ok(json) => Ok(Value::from(json)),
        Err(error) if is_json(source.name()) => Err(json_fault(source, &error)),
        Err(_) => read_yaml(source),
    }
}

fn is_json(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "json")
}

fn json_fault(source: &Arc<Source>, error: &serde_json::Error) -> Diagnostic {
    let line = source.line_span(error.line());
    let at = (line.start + error.column().saturating_sub(1)).min(line.end);
    Diagnostic::error(format!("{} is no JSON: {error}", source.name())).at(
        source,
        Span::new(at, line.end),
        "",
    )
}

impl From<serde_json::Value> for Value {
    /// The same data; numbers keep all their digits.
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => from_number(&number),
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::Sequence(items.into_iter().map(Self::from).collect()),
            Json::Object(entries) => Self::Mapping(
                entries
                    .into_iter()
                    .map(|(key, value)| (Self::String(key), Self::from(value)))
                    .collect(),
            ),
        }
    }
}

fn from_number(number: &serde_json::Number) -> Value {
    let text = number.as_str();
    if text.contains(['.', 'e', 'E']) {
        return Value::Float(text.parse().unwrap_or_default());
    }
    integer(text)
}

fn integer(digits: &str) -> Value {
    if let Ok(number) = digits.parse() {
        return Value::Integer(number);
    }
    match digits.parse() {
        Ok(number) => Value::Unsigned(number),
        Err(_) => Value::BigInteger(digits.to_owned()),
    }
}

fn read_yaml(source: &Arc<Source>) -> Result<Value, Diagnostic> {
    let name = source.name();
    let document = psych::parse_first(source.text())
        .map_err(|error| Diagnostic::error(format!("{name}: {error}")))?;
    let Some(document) = document else {
        return Ok(Value::Null);
    };
    let mut reader = Reader {
        source,
        document: &document,
        nodes_left: MAX_NODES,
        open: BTreeSet::new(),
    };
    reader.value(document.root())
}

/// Makes plain data of a document.
struct Reader<'a> {
    source: &'a Arc<Source>,
    document: &'a Document,
    /// Aliases are expanded: what they make is counted.
    nodes_left: usize,
    /// Collections that are being read, which cannot hold themselves.
    open: BTreeSet<NodeId>,
}

impl Reader<'_> {
    fn value(&mut self, id: NodeId) -> Result<Value, Diagnostic> {
        let id = self.document.resolve(id);
        let node = self.document.node(id);
        let Some(left) = self.nodes_left.checked_sub(1) else {
            return Err(self.fault(id, "is too large when its aliases are expanded"));
        };
        self.nodes_left = left;
        match &node.kind {
            Kind::Scalar(scalar) => self.scalar(id, scalar),
            _ if node.tag.is_some() => {
                Err(self.fault(id, "has a tag that stands for no plain data"))
            }
            Kind::Alias(_) | Kind::UnknownAlias(_) => Err(self.fault(id, "refers to no anchor")),
            _ if !self.open.insert(id) => Err(self.fault(id, "holds itself")),
            Kind::Sequence(items) => {
                let values: Result<_, _> = items.iter().map(|item| self.value(*item)).collect();
                self.open.remove(&id);
                Ok(Value::Sequence(values?))
            }
            Kind::Mapping(map) => {
                let mut entries = Vec::with_capacity(map.entries().len());
                for (key, value) in map.entries() {
                    entries.push((self.value(*key)?, self.value(*value)?));
                }
                self.open.remove(&id);
                Ok(Value::Mapping(entries))
            }
        }
    }

    fn scalar(&self, id: NodeId, scalar: &Scalar) -> Result<Value, Diagnostic> {
        Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(*value),
            Scalar::Integer(number) => Value::Integer(*number),
            Scalar::BigInteger(digits) => integer(digits),
            Scalar::Float(number) => Value::Float(*number),
            // A Director keeps data as JSON, where symbols are texts.
            Scalar::Symbol(text) | Scalar::String(text) => Value::String(text.clone()),
            Scalar::Binary(bytes) => match String::from_utf8(bytes.clone()) {
                Ok(text) => Value::String(text),
                Err(error) => Value::Binary(error.into_bytes()),
            },
            Scalar::Date(_) | Scalar::Time(_) => {
                return Err(self.fault(id, "is a date or time, which a Director refuses"));
            }
            Scalar::Object(_) => return Err(self.fault(id, "stands for no plain data")),
            Scalar::Refused(refused) => return Err(self.fault(id, &refused.message)),
        })
    }

    fn fault(&self, id: NodeId, what: &str) -> Diagnostic {
        let span = self.document.node(id).span;
        Diagnostic::error(format!("{}: a value cannot be used", self.source.name())).at(
            self.source,
            span,
            what,
        )
    }
}
