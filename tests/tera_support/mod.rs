//! Cases of templates in Tera, and the three that render them.

#![allow(dead_code, reason = "each test that shares this uses a part of it")]

pub(crate) mod generate;
pub(crate) mod jobs;

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bosh_release::diagnostic::Diagnostics;
use bosh_release::render::context::InstanceSpec;
use bosh_release::render::template::Template;
use bosh_release::ruby::eval::{Version, World};
use bosh_release::ruby::limits::Limits;
use bosh_release::source::Source;
use bosh_release::tera::{Compiled, ConsumedLink, JobInterface, Partials, compile};
use bosh_release::yaml::Value as Data;
use serde_json::{Map, Number, Value, json};

/// A template with what it is rendered with and what is expected.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) template: String,
    pub(crate) partials: Vec<(String, String)>,
    pub(crate) declares: Option<Vec<String>>,
    pub(crate) data: Value,
    pub(crate) expected: Outcome,
}

/// What a rendering ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Output(String),
    Failed(String),
}

impl Outcome {
    /// The same output, or failures of any words.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Output(one), Self::Output(other)) => one == other,
            (Self::Failed(_), Self::Failed(_)) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(text) => write!(f, "{text:?}"),
            Self::Failed(what) => write!(f, "the failure {what}"),
        }
    }
}

impl Case {
    pub(crate) fn new(template: &str, data: Value) -> Self {
        Self {
            name: String::new(),
            template: template.to_owned(),
            partials: Vec::new(),
            declares: None,
            data,
            expected: Outcome::Output(String::new()),
        }
    }

    pub(crate) fn parse_all(text: &str) -> Vec<Self> {
        let cases = text.split("=== ").skip(1);
        cases.map(Self::parse).collect()
    }

    fn parse(text: &str) -> Self {
        let (name, rest) = text.split_once('\n').unwrap();
        let mut sections = format!("\n{rest}");
        let rest = sections.split_off(0);
        let mut parts = rest.split("\n--- ");
        let template = parts.next().unwrap().strip_prefix('\n').unwrap_or_default();
        let mut case = Self {
            name: name.to_owned(),
            ..Self::new(template, json!({}))
        };
        for part in parts {
            let (head, body) = part.split_once('\n').unwrap_or((part, ""));
            let (kind, argument) = head.split_once(' ').unwrap_or((head, ""));
            match kind {
                "partial" => case.partials.push((argument.to_owned(), body.to_owned())),
                "declares" => {
                    case.declares = Some(argument.split(' ').map(str::to_owned).collect());
                }
                "data" => {
                    case.data = serde_json::from_str(body)
                        .unwrap_or_else(|error| panic!("{name}: {error}"));
                }
                "gives" => {
                    case.expected = Outcome::Output(
                        body.strip_suffix("\n\n")
                            .or(body.strip_suffix('\n'))
                            .unwrap_or(body)
                            .to_owned(),
                    );
                }
                "fails" => case.expected = Outcome::Failed("as expected".to_owned()),
                other => panic!("{name}: section {other}"),
            }
        }
        case
    }

    fn part(&self, name: &str) -> Map<String, Value> {
        self.data
            .get(name)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn job(&self) -> JobInterface {
        let properties = self.part("properties").keys().cloned().collect();
        let links = self
            .part("links")
            .into_iter()
            .map(|(name, link)| ConsumedLink {
                name,
                optional: link.get("absent").is_some() || link.get("optional").is_some(),
            });
        JobInterface {
            properties: self.declares.clone().unwrap_or(properties),
            links: links.collect(),
        }
    }

    pub(crate) fn partials(&self) -> Partials {
        let source = |(name, text): &(String, String)| {
            (
                name.clone(),
                Source::new(format!("templates/{name}"), text.clone()),
            )
        };
        Partials::new(self.partials.iter().map(source))
    }

    pub(crate) fn compile(&self) -> Result<Compiled, Diagnostics> {
        compile(
            &Source::new("case.tera", self.template.clone()),
            &self.job(),
            &self.partials(),
        )
    }

    /// The links that are there.
    fn links(&self) -> Map<String, Value> {
        self.part("links")
            .into_iter()
            .filter(|(_, link)| link.get("absent").is_none())
            .collect()
    }
}

/// All that is said of a template that is refused, or the warnings of one that is not.
pub(crate) fn faults(case: &Case) -> String {
    match case.compile() {
        Err(faults) => faults.to_string(),
        Ok(compiled) => {
            let shown: Vec<String> = compiled
                .warnings
                .iter()
                .map(|warning| warning.render(false))
                .collect();
            shown.join("\n\n")
        }
    }
}

/// The tera crate with the filters that are ours, written a second time.
pub(crate) fn judge(case: &Case) -> Outcome {
    let mut tera = tera::Tera::default();
    tera.autoescape_on(vec![]);
    register(&mut tera);
    let texts = case
        .partials
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    let all: Vec<(&str, &str)> = texts
        .chain([("case.tera", case.template.as_str())])
        .collect();
    if let Err(error) = tera.add_raw_templates(all) {
        return Outcome::Failed(error.to_string());
    }
    let context = tera::Context::from_value(tera_context(case)).unwrap();
    match tera.render("case.tera", &context) {
        Ok(output) => Outcome::Output(output),
        Err(error) => {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            Outcome::Failed(text)
        }
    }
}

/// What Tera sees: names of BOSH that are nil are not set.
fn tera_context(case: &Case) -> Value {
    let mut properties = Map::new();
    let given = Value::Object(case.part("properties"));
    for name in case.job().properties {
        let parts: Vec<&str> = name.split('.').collect();
        let value = parts
            .iter()
            .try_fold(&given, |inside, part| inside.get(part));
        if let Some(value) = value.filter(|value| !value.is_null()) {
            set(&mut properties, &parts, plain(value));
        }
    }
    let links = case
        .links()
        .into_iter()
        .map(|(name, link)| (name, without_nulls(&plain(&link))));
    let spec = without_nulls(&plain(&Value::Object(case.part("spec"))));
    json!({"properties": properties, "links": links.collect::<Map<_, _>>(), "spec": spec})
}

fn set(map: &mut Map<String, Value>, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        map.insert((*first).to_owned(), value);
        return;
    }
    let inner = map.entry((*first).to_owned()).or_insert_with(|| json!({}));
    if let Some(inner) = inner.as_object_mut() {
        set(inner, rest, value);
    }
}

/// Numbers as the parser would make them of values, not of texts.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => {
            Value::Number(Number::from_f64(number.as_f64().unwrap()).unwrap())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.clone(), plain(item)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, item)| !item.is_null());
            kept.map(|(key, item)| (key.clone(), without_nulls(item)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn text_of(value: &Value) -> tera::Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number
            .as_i64()
            .map(|n| n.to_string())
            .or(number.as_u64().map(|n| n.to_string()))
            .unwrap_or_else(|| number.as_f64().unwrap().to_string())),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Ok(String::new()),
        Value::Object(_) => Ok("[object]".to_owned()),
        Value::Array(items) => {
            let shown: tera::Result<Vec<String>> = items.iter().map(text_of).collect();
            Ok(format!("[{}]", shown?.join(", ")))
        }
    }
}

fn string_of(value: &Value) -> tera::Result<&str> {
    value.as_str().ok_or_else(|| tera::Error::msg("not a text"))
}

type Arguments = HashMap<String, Value>;

fn register(tera: &mut tera::Tera) {
    tera.register_filter("json", |value: &Value, arguments: &Arguments| {
        let pretty = arguments
            .get("pretty")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        let text = if pretty {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        Ok(Value::String(text.unwrap()))
    });
    tera.register_filter("base64_encode", |value: &Value, _: &Arguments| {
        Ok(base64(string_of(value)?.as_bytes()).into())
    });
    tera.register_filter("base64_decode", |value: &Value, _: &Arguments| {
        let decoded = unbase64(string_of(value)?).ok_or_else(|| tera::Error::msg("no base64"))?;
        Ok(String::from_utf8(decoded)
            .map_err(|_| tera::Error::msg("no text"))?
            .into())
    });
    tera.register_filter("shell_quote", |value: &Value, _: &Arguments| {
        let text = text_of(value)?;
        if text.contains('\0') {
            return Err(tera::Error::msg("NUL"));
        }
        Ok(format!("'{}'", text.replace('\'', r"'\''")).into())
    });
    tera.register_filter("redis_quote", |value: &Value, _: &Arguments| {
        let byte = |byte: u8| match byte {
            b'"' | b'\\' => format!("\\x{byte:02x}"),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        };
        Ok(format!(
            "\"{}\"",
            text_of(value)?.bytes().map(byte).collect::<String>()
        )
        .into())
    });
    tera.register_filter("yaml", |value: &Value, _: &Arguments| match value {
        Value::Array(_) | Value::Object(_) => Ok(yaml(value, 0)
            .trim_start_matches(['\n', ' '])
            .to_owned()
            .into()),
        _ => Err(tera::Error::msg("neither a list nor a map")),
    });
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    out
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim_end_matches('=');
    let mut bits = 0_u32;
    let mut count = 0;
    let mut out = Vec::new();
    for byte in plain.bytes() {
        bits = bits << 6 | u32::try_from(DIGITS.iter().position(|digit| *digit == byte)?).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 255) as u8);
        }
    }
    (base64(&out) == text).then_some(out)
}

/// Block YAML of plain words, numbers, lists and maps: all that the cases need.
fn yaml(value: &Value, margin: usize) -> String {
    let pad = " ".repeat(margin);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let line = |(key, item): (&String, &Value)| {
                let inner = if item.is_array() { margin } else { margin + 2 };
                format!("\n{pad}{key}:{}", yaml(item, inner))
            };
            map.iter().map(line).collect()
        }
        Value::Array(items) if !items.is_empty() => {
            let line = |item: &Value| {
                format!(
                    "\n{pad}-{}",
                    yaml(item, margin + 2).replacen(&format!("\n{pad}  "), " ", 1)
                )
            };
            items.iter().map(line).collect()
        }
        Value::Object(_) => " {}".to_owned(),
        Value::Array(_) => " []".to_owned(),
        Value::Null => String::new(),
        Value::String(text) if text.is_empty() || text.parse::<f64>().is_ok() || text == "true" => {
            format!(" '{text}'")
        }
        Value::String(text) => format!(" {text}"),
        other => format!(" {other}"),
    }
}

fn data(value: &Value) -> Data {
    match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Data::from(number),
            (_, Some(number)) => Data::from(number),
            _ => Data::Float(number.as_f64().unwrap()),
        },
        Value::String(text) => Data::from(text.as_str()),
        Value::Array(items) => Data::Sequence(items.iter().map(data).collect()),
        Value::Object(map) => Data::Mapping(
            map.iter()
                .map(|(key, item)| (Data::from(key.as_str()), data(item)))
                .collect(),
        ),
    }
}

/// Our ERB in our evaluator.
pub(crate) fn ours(case: &Case, erb: &str) -> Outcome {
    let template = Template::compile("job", "case.erb", erb);
    let mut spec = case.part("spec");
    spec.insert(
        "properties".to_owned(),
        Value::Object(case.part("properties")),
    );
    let links = case.links().into_iter().map(|(name, mut link)| {
        if let Some(link) = link.as_object_mut() {
            link.entry("instances").or_insert_with(|| json!([]));
            link.entry("address").or_insert(Value::Null);
        }
        (name, link)
    });
    spec.insert("links".to_owned(), Value::Object(links.collect()));
    let instance = InstanceSpec::new(data(&Value::Object(spec)), None).unwrap();
    let limits = Limits::default();
    let world = World {
        now: (0, 0),
        seed: 1,
        version: Version::Ruby34,
        limits,
    };
    match template.render(&instance, &world) {
        Ok(output) => Outcome::Output(String::from_utf8_lossy(&output).into_owned()),
        Err(error) => match &error.cause {
            bosh_release::render::template::Cause::Exception { class, .. }
                if class != "SyntaxError" =>
            {
                Outcome::Failed(error.to_string())
            }
            _ => panic!("{}: {error}\n{}\n{erb}", case.name, error.class()),
        },
    }
}

/// Our ERB in real Ruby: all cases in one process.
pub(crate) fn ruby<'a>(cases: impl IntoIterator<Item = (&'a Case, &'a str)>) -> Vec<Outcome> {
    let data: Vec<Value> = cases
        .into_iter()
        .map(|(case, erb)| json!({"erb": erb, "properties": case.part("properties"), "links": case.links(), "spec": case.part("spec")}))
        .collect();
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tera/context.rb");
    let mut child = Command::new("ruby")
        .args(["-E", "UTF-8:UTF-8", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Ruby is a judge of these tests: install `ruby`");
    let mut input = child.stdin.take().unwrap();
    let text = Value::Array(data).to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "ruby failed");
    let outcomes: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let outcome = |value: &Value| match (value["output"].as_str(), value["error"].as_str()) {
        (Some(text), _) => Outcome::Output(text.to_owned()),
        (None, error) => {
            assert!(value["script"] != json!(true), "not Ruby: {error:?}");
            Outcome::Failed(error.unwrap_or_default().to_owned())
        }
    };
    outcomes.iter().map(outcome).collect()
}

/// A source by its name.
pub(crate) fn source(name: &str, text: &str) -> Arc<Source> {
    Source::new(name, text)
}
