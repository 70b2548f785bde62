//! The Ruby of templates: expressions and what Ruby 3.4 says of them.
//!
//! Files `tests/ruby/*.txt` hold cases: lines of code, then `=> ` with what `inspect` printed, or `!! ` with class and
//! message of the exception, or `?? ` with the limit that ends it. An empty line ends a case; `#` at the start of a line is a comment. The expectations were
//! recorded from Ruby itself, but for those of `sandbox.txt` and `limits.txt`, where Ruby would do what is asked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use bosh_release::ruby::eval::{Version, Vm, World};
use bosh_release::ruby::failure::FailureKind;
use bosh_release::ruby::heap::Heap;
use bosh_release::ruby::limits::Limits;
use bosh_release::ruby::methods::library::Library;
use bosh_release::ruby::methods::tables;
use bosh_release::ruby::parse::parse;
use libtest_mimic::{Arguments, Failed, Trial};

#[path = "support/ruby_cases.rs"]
mod ruby_cases;

use ruby_cases::cases;

fn evaluate(code: &str, library: &Library) -> String {
    let program = match parse(code, 1, library) {
        Ok(program) => program,
        Err(errors) => return format!("!! SyntaxError: {}", errors[0].message),
    };
    let world = World {
        now: (1_700_000_000, 123_456_789),
        seed: 1,
        version: Version::Ruby34,
        limits: Limits::default(),
    };
    let heap = Heap::new();
    let mut vm = Vm::new(&heap, library, &program, "main.rb", world);
    let class = vm.class_named("Object");
    let main = vm.instance_of(class);
    let shown = vm.run(main).and_then(|value| vm.inspect(value));
    match shown {
        Ok(text) => format!("=> {}", text.replace('\n', "⏎")),
        Err(unwind) => match vm.failure(unwind).kind {
            FailureKind::Exception { class, message } => {
                format!("!! {class}: {}", message.replace('\n', "⏎"))
            }
            other => format!("?? {other:?}"),
        },
    }
}

fn check(path: &Path, library: &Library) -> Result<(), Failed> {
    let text = fs::read_to_string(path).unwrap();
    let cases = cases(&text);
    let mut wrong = Vec::new();
    for case in &cases {
        let got = evaluate(&case.code, library);
        if got != case.expected {
            wrong.push(format!(
                "line {}: {}   expected {}\n   got      {got}\n",
                case.line, case.code, case.expected
            ));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("")
    )
    .into())
}

fn main() {
    let arguments = Arguments::from_args();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ruby");
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let trials = files.into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Trial::test(name, move || {
            let library = Library::new(tables::RUBY);
            check(&path, &library)
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
