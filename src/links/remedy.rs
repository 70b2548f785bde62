//! What would settle a link that fails, as operations on manifests.
//!
//! Each [`Remedy`] is enough for its consumer: it names the provider, and changes whatever speaks against it - the name when it
//! is not the only one of that name, sharing, withholding. What cannot be changed by a manifest (the type, the name of a
//! disk) makes no remedy.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::candidates::{Refusal, Search};
use super::consumer::{Explicit, LinkConsumer, Wanted};
use super::explain::{Scene, all, networks};
use super::provider::LinkProvider;
use super::report::{LinkReport, ProviderEnd};
use super::resolve::{Candidate, Failure};
use crate::deployment::plan::PlannedGroup;
use crate::deployment::{Pointer, Token};
use crate::nearest::nearest;
use crate::yaml::{self, Value};

/// Most remedies for a consumer.
const MOST: usize = 8;

/// A way to settle a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// What happens then, as a sentence without its point.
    pub what: String,
    /// What has to change; all of it.
    pub edits: Vec<Edit>,
}

/// One operation of an ops file: `replace`.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The deployment whose manifest has to change.
    pub deployment: String,
    /// Where.
    pub path: String,
    /// The new value.
    pub value: Value,
}

/// What would settle a consumer, the best first.
pub(super) fn remedies(
    scene: Scene<'_>,
    consumer: &LinkConsumer,
    failure: &Failure<'_>,
) -> Vec<Remedy> {
    let site = Site { scene, consumer };
    let mut found = match failure {
        Failure::NoAddresses(disk) => site.provided_by(*disk).into_iter().collect(),
        Failure::OtherNetwork(disk, _) if disk.provider.job.is_none() => {
            site.provided_by(*disk).into_iter().collect()
        }
        Failure::OtherNetwork(candidate, _) => site.on_networks(*candidate),
        Failure::Address(..) => Vec::new(),
        Failure::Several(several) => {
            let several = several.iter();
            several.filter_map(|one| site.provided_by(*one)).collect()
        }
        Failure::NoProvider | Failure::NoDeployment => site.any(),
    };
    found.truncate(MOST);
    if matches!(failure, Failure::NoProvider | Failure::NoDeployment) {
        if consumer.optional {
            found.push(site.without());
        }
        found.push(site.manual());
    }
    found
}

/// A consumer among the providers that there are.
#[derive(Clone, Copy)]
struct Site<'a> {
    scene: Scene<'a>,
    consumer: &'a LinkConsumer,
}

impl<'a> Site<'a> {
    fn own(&self) -> &'a str {
        &self.scene.own.plan.name
    }

    fn explicit(&self) -> Option<&'a Explicit> {
        match &self.consumer.wanted {
            Wanted::Explicit(wanted) => Some(wanted),
            _ => None,
        }
    }

    /// An edit of what the manifest says of the consumer.
    fn say(&self, value: Value) -> Edit {
        let LinkConsumer {
            group, job, addon, ..
        } = self.consumer;
        let mut tokens = job_path(group, addon.as_deref(), job);
        tokens.push(key("consumes", true));
        tokens.push(key(&self.consumer.name, true));
        Edit {
            deployment: self.own().to_owned(),
            path: Pointer::new(tokens).to_string(),
            value,
        }
    }

    /// What the manifest has to say so that a provider of this name is found.
    fn asking(&self, name: &str, provider: &LinkProvider, network: Option<&str>) -> Value {
        let mut entries = vec![("from", Value::from(name))];
        if provider.deployment != self.own() {
            entries.push(("deployment", Value::from(provider.deployment.as_str())));
        }
        if let Some(network) = network {
            entries.push(("network", Value::from(network)));
        }
        if let Some(ips) = self.explicit().and_then(|wanted| wanted.ip_addresses) {
            entries.push(("ip_addresses", Value::Bool(ips)));
        }
        Value::map(entries)
    }

    /// The wanted network, when the provider's group is on it.
    fn network(&self, of: Candidate<'_>) -> Option<&'a str> {
        let wanted = self.explicit()?.network.as_deref()?;
        let networks = networks(of.deployment.plan, &of.provider.group);
        networks.contains(&wanted).then_some(wanted)
    }

    /// Whatever makes this the provider; `None` when no manifest can do it.
    fn provided_by(&self, of: Candidate<'_>) -> Option<Remedy> {
        let provider = of.provider;
        let foreign = provider.deployment != self.own();
        let search = Search {
            kind: &self.consumer.kind,
            name: None,
            deployment: &provider.deployment,
            foreign,
        };
        let refusals = search.refusals(provider);
        if refusals.contains(&Refusal::OtherType) {
            return None;
        }
        let name = fresh_name(of, foreign);
        let changes = ProviderChanges {
            name: name.as_deref(),
            share: refusals.contains(&Refusal::NotShared),
            release: refusals.contains(&Refusal::NotConsumable),
        };
        let mut edits = changes.edits(provider)?;
        let found_by = name.as_deref().unwrap_or(&provider.name);
        edits.push(self.say(self.asking(found_by, provider, self.network(of))));
        let what = format!(
            "{} provides it{}",
            ProviderEnd::of(provider, self.own()),
            changes.told()
        );
        Some(Remedy { what, edits })
    }

    /// Any provider of the type: those of the wanted deployment and with the nearest name first, then those that need least.
    fn any(&self) -> Vec<Remedy> {
        let wanted = self.explicit();
        let names = all(self.scene).map(|(_, provider)| provider.name.as_str());
        let meant = wanted.and_then(|wanted| nearest(&wanted.from, names.collect::<Vec<_>>()));
        let mut found: Vec<_> = all(self.scene)
            .filter_map(|(deployment, provider)| {
                let remedy = self.provided_by(Candidate {
                    deployment,
                    provider,
                })?;
                let exact = wanted.is_some_and(|wanted| wanted.from == provider.name);
                let near = exact || meant == Some(provider.name.as_str());
                let elsewhere = |edit: &&Edit| edit.deployment != self.own();
                let elsewhere = remedy.edits.iter().filter(elsewhere).count();
                let foreign = provider.deployment != self.own();
                Some(((elsewhere, !near, foreign, remedy.edits.len()), remedy))
            })
            .collect();
        found.sort_by_key(|(cost, _)| *cost);
        found.into_iter().map(|(_, remedy)| remedy).collect()
    }

    /// The same provider without a network, or on one that its group has.
    fn on_networks(&self, of: Candidate<'_>) -> Vec<Remedy> {
        let name = &of.provider.name;
        let remedy = |what: String, network: Option<&str>| Remedy {
            what,
            edits: vec![self.say(self.asking(name, of.provider, network))],
        };
        let usual = "Addresses are those on the default network of its provider".to_owned();
        let mut found = vec![remedy(usual, None)];
        let group = of.deployment.plan.group(&of.provider.group);
        let default = group.and_then(PlannedGroup::default_network);
        let networks = networks(of.deployment.plan, &of.provider.group);
        let others = networks.into_iter().enumerate();
        for (_, network) in others.filter(|(at, _)| Some(*at) != default) {
            let what = format!("Addresses are those on network '{network}'");
            found.push(remedy(what, Some(network)));
        }
        found
    }

    fn without(&self) -> Remedy {
        Remedy {
            what: "The job does without it".to_owned(),
            edits: vec![self.say(Value::from("nil"))],
        }
    }

    fn manual(&self) -> Remedy {
        let instances = Value::list([Value::map([("address", "ADDRESS")])]);
        let (what, instances, properties) = if self.consumer.kind == "disk" {
            let properties = Value::map([("name", self.consumer.name.as_str())]);
            let what = "The manifest names the disk: write its name in place of this one";
            (what, Value::Sequence(Vec::new()), properties)
        } else {
            let what =
                "The manifest gives its data: write them in place of ADDRESS and of no properties";
            (what, instances, Value::Mapping(Vec::new()))
        };
        let data = Value::map([("instances", instances), ("properties", properties)]);
        Remedy {
            what: what.to_owned(),
            edits: vec![self.say(data)],
        }
    }
}

/// What the manifest of a provider has to say.
struct ProviderChanges<'a> {
    /// Another name.
    name: Option<&'a str>,
    /// That it is shared.
    share: bool,
    /// That it is not withheld.
    release: bool,
}

impl ProviderChanges<'_> {
    /// `None` when there are any and the provider is a disk, of which a manifest says nothing.
    fn edits(&self, provider: &LinkProvider) -> Option<Vec<Edit>> {
        let mut said = Vec::new();
        if let Some(name) = self.name {
            said.push(("as", Value::from(name)));
        }
        if self.share {
            said.push(("shared", Value::Bool(true)));
        }
        if said.is_empty() && !self.release {
            return Some(Vec::new());
        }
        let job = provider.job.as_deref()?;
        let mut tokens = job_path(&provider.group, provider.addon.as_deref(), job);
        tokens.push(key("provides", true));
        tokens.push(key(&provider.original, true));
        let edit = |tokens: Vec<Token>, value| Edit {
            deployment: provider.deployment.clone(),
            path: Pointer::new(tokens).to_string(),
            value,
        };
        if self.release {
            // The text `nil` stands there: no key can be set below it.
            return Some(vec![edit(tokens, Value::map(said))]);
        }
        let below = |(name, value)| {
            let mut tokens = tokens.clone();
            tokens.push(key(name, true));
            edit(tokens, value)
        };
        Some(said.into_iter().map(below).collect())
    }

    fn told(&self) -> String {
        let mut told = String::new();
        if let Some(name) = self.name {
            // Writing to a String cannot fail.
            write!(told, ", by the name of '{name}'").ok();
        }
        if self.share {
            told.push_str(", when its deployment shares it");
        }
        if self.release {
            told.push_str(", when it is no longer withheld");
        }
        told
    }
}

/// Another name for a provider that cannot be found by its own: it is not the only one, or `from` would take a part of it.
fn fresh_name(of: Candidate<'_>, foreign: bool) -> Option<String> {
    let Candidate {
        deployment,
        provider,
    } = of;
    let taken = |name: &str, counts: &dyn Fn(&LinkProvider) -> bool| {
        let mut others = deployment.intents.providers.iter();
        others.any(|other| {
            !std::ptr::eq(other, provider)
                && other.kind == provider.kind
                && other.name == name
                && counts(other)
        })
    };
    let findable = |other: &LinkProvider| other.consumable && (!foreign || other.shared);
    if !provider.name.contains('.') && !taken(&provider.name, &findable) {
        return None;
    }
    let job = provider.job.as_deref().unwrap_or_default();
    let parts = [&provider.group, job, &provider.name];
    let short = format!("{}-{}", provider.group, provider.name);
    let long = parts.join("-");
    let mut names = [short.replace('.', "-"), long.replace('.', "-")].into_iter();
    let free = names.find(|name| !taken(name, &|_| true));
    let numbered = || {
        // One of more names than there are providers is free.
        let numbers = 2..deployment.intents.providers.len() + 3;
        let mut names = numbers.map(|number| format!("{long}-{number}").replace('.', "-"));
        names.find(|name| !taken(name, &|_| true))
    };
    free.or_else(numbered)
}

fn key(name: &str, optional: bool) -> Token {
    Token::Key {
        key: name.to_owned(),
        optional,
    }
}

fn named(name: &str) -> Token {
    Token::Matching {
        key: "name".to_owned(),
        value: name.to_owned(),
        optional: false,
        modifiers: Vec::new(),
    }
}

/// Where a job stands in a manifest.
fn job_path(group: &str, addon: Option<&str>, job: &str) -> Vec<Token> {
    let (list, owner) = match addon {
        Some(addon) => ("addons", addon),
        None => ("instance_groups", group),
    };
    vec![
        key(list, false),
        named(owner),
        key("jobs", false),
        named(job),
    ]
}

/// An ops file that settles all that fails: the first remedy of each, the others as comments. Empty when nothing fails.
///
/// What other deployments have to change stands in it as comments too.
pub fn ops_file(report: &LinkReport) -> String {
    let mut text = String::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    for (link, problem) in report.problems() {
        // Writing to a String cannot fail.
        writeln!(text, "# {}: {}", link.consumer, one_line(&link.why)).ok();
        for (at, remedy) in problem.remedies.iter().enumerate() {
            let or = if at == 0 { "" } else { "Or: " };
            writeln!(text, "# {or}{}:", one_line(&remedy.what)).ok();
            for edit in &remedy.edits {
                let operation = operation(edit);
                if edit.deployment != report.deployment {
                    let name = one_line(&edit.deployment);
                    writeln!(text, "# For the manifest of deployment '{name}':").ok();
                    text.push_str(&commented(&operation));
                } else if at > 0 {
                    text.push_str(&commented(&operation));
                } else if done.insert(operation.clone()) {
                    text.push_str(&operation);
                } else {
                    text.push_str("# (An operation above does so.)\n");
                }
            }
        }
        if problem.remedies.is_empty() {
            text.push_str("# No operation settles it.\n");
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    // A file of comments alone would be no list.
    if !text.is_empty() && done.is_empty() {
        text.push_str("[]\n");
    }
    text
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// An operation as an item of a list.
fn operation(edit: &Edit) -> String {
    let operation = Value::map([
        ("type", Value::from("replace")),
        ("path", Value::from(edit.path.as_str())),
        ("value", edit.value.clone()),
    ]);
    yaml::write(&Value::Sequence(vec![operation]))
}

fn commented(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        out.extend(["# ", line, "\n"]);
    }
    out
}
