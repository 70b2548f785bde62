//! Compiling all Tera templates of a release of 60 jobs. See `benches/README.md`.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a program for developers: prints a table"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use bosh_release::source::Source;
use bosh_release::tera::{ConsumedLink, JobInterface, Partials, compile};

const RUNS: usize = 15;
const JOBS: usize = 60;

const LIMITS: &str = "{% macro limits(open_files, memory=\"1G\") %}
limits:
  open_files: {{ open_files }}
  memory: {{ memory }}
{% endmacro limits %}
";
const TLS: &str = "{% if properties.tls.enabled %}
tls-port {{ properties.tls.port }}
tls-cert-file {{ properties.tls.certificate | redis_quote }}
{% endif %}
";
const CONF: &str = "{%- import \"limits\" as bpm -%}
port {{ properties.port }}
bind {{ spec.ip }} {{ spec.networks.default.gateway | default(value=\"127.0.0.1\") }}
{% include \"tls\" -%}
{% for user in properties.users -%}
user {{ user.name }} on {{ user.password | shell_quote }} {% if user.admin %}+@all{% else %}-@dangerous{% endif %} {{ loop.index }}
{% endfor -%}
{% if links.peers is defined -%}
peers {{ links.peers.instances | map(attribute=\"address\") | join(sep=\",\") }}
{% endif -%}
{% set size = properties.memory | default(value=1024) * 2 -%}
memory {{ size }} {{ properties.settings | json_encode }}
{{ bpm::limits(open_files=properties.files) }}
";
const SCRIPT: &str = "#!/bin/bash
set -eu
export PORT={{ properties.port }} HOME=/var/vcap/jobs/{{ spec.name }}
exec /var/vcap/packages/server/bin/server --name {{ spec.name ~ \"/\" ~ spec.index }} {{ properties.settings.args | default(value=[]) | join(sep=\" \") }}
";

fn main() -> Result<()> {
    let job = JobInterface {
        properties: [
            "port",
            "tls.enabled",
            "tls.port",
            "tls.certificate",
            "users",
            "memory",
            "settings",
            "files",
        ]
        .map(String::from)
        .to_vec(),
        links: vec![ConsumedLink {
            name: "peers".to_owned(),
            optional: true,
        }],
    };
    let templates: Vec<Arc<Source>> = (0..JOBS)
        .flat_map(|number| {
            [
                (
                    "conf",
                    CONF.repeat(2)
                        .replacen("{%- import \"limits\" as bpm -%}\n", "", 2),
                ),
                ("run", SCRIPT.to_owned()),
            ]
            .map(|(name, text)| {
                let head = if name == "conf" {
                    "{%- import \"limits\" as bpm -%}\n"
                } else {
                    ""
                };
                Source::new(
                    format!("jobs/job{number}/templates/{name}.tera"),
                    head.to_owned() + &text,
                )
            })
        })
        .collect();
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let partials = Partials::new(
            [("limits", LIMITS), ("tls", TLS)]
                .map(|(name, text)| (name.to_owned(), Source::new(name, text))),
        );
        for template in &templates {
            compile(template, &job, &partials)?;
        }
        times.push(start.elapsed());
    }
    times.sort();
    let bytes: usize = templates.iter().map(|template| template.text().len()).sum();
    println!(
        "{} templates of {JOBS} jobs, {bytes} bytes, median of {RUNS}: {:.1} ms",
        templates.len(),
        times[RUNS / 2].as_secs_f64() * 1e3
    );
    Ok(())
}
