//! Any text is parsed or refused, and what is parsed is evaluated within its limits: a value, an exception, a limit, or
//! something that is not supported, and never anything else.
#![no_main]

use std::sync::OnceLock;

use bosh_release::ruby::eval::{Version, Vm, World};
use bosh_release::ruby::heap::Heap;
use bosh_release::ruby::limits::Limits;
use bosh_release::ruby::methods::{library::Library, tables};
use bosh_release::ruby::parse::parse;
use libfuzzer_sys::fuzz_target;

static LIBRARY: OnceLock<Library> = OnceLock::new();

fuzz_target!(|code: &str| {
    let library = LIBRARY.get_or_init(|| Library::new(tables::RUBY));
    let Ok(program) = parse(code, 1, library) else {
        return;
    };
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
    let heap = Heap::new();
    let mut vm = Vm::new(&heap, library, &program, "main.rb", world);
    let class = vm.class_named("Object");
    let main = vm.instance_of(class);
    let shown = vm.run(main).and_then(|value| vm.inspect(value));
    if let Err(unwind) = shown {
        let _ = vm.failure(unwind);
    }
});
