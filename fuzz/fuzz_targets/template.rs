//! Any text is a template: it renders within its limits or fails with the Director's words.
#![no_main]

use std::sync::OnceLock;

use bosh_release::render::context::InstanceSpec;
use bosh_release::render::template::Template;
use bosh_release::ruby::eval::{Version, World};
use bosh_release::ruby::limits::Limits;
use bosh_release::yaml::Value;
use libfuzzer_sys::fuzz_target;

static INSTANCE: OnceLock<InstanceSpec> = OnceLock::new();

fn instance() -> InstanceSpec {
    let properties = Value::map([
        ("a", Value::from("text")),
        ("b", Value::list(["x", "y"])),
        ("c", Value::map([("d", Value::from("e"))])),
    ]);
    let spec = Value::map([("name", Value::from("group")), ("properties", properties), ("links", Value::Mapping(Vec::new()))]);
    InstanceSpec::new(spec, None).unwrap()
}

fuzz_target!(|text: &str| {
    let world = World {
        now: (1_700_000_000, 0),
        seed: 1,
        version: Version::Ruby34,
        limits: Limits {
            steps: 20_000,
            depth: 200,
            memory: 16 << 20,
            output: 1 << 20,
        },
    };
    let template = Template::compile("job", "config.erb", text);
    if let Err(error) = template.render(INSTANCE.get_or_init(instance), &world) {
        let shown = error.diagnostic(template.source());
        assert!(!error.to_string().is_empty());
        drop(shown);
    }
});
