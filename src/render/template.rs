//! One template: compiled once, rendered for any number of instances.

use std::fmt;
use std::sync::Arc;

use super::context::InstanceSpec;
use super::evaluation::{evaluation_context, library};
use super::failure::TemplateFailure;
use super::hint;
use crate::diagnostic::Diagnostic;
use crate::erb;
use crate::ruby::ast::{Position, Program};
use crate::ruby::coverage::Recording;
use crate::ruby::eval::{Vm, World};
use crate::ruby::failure::FailureKind;
use crate::ruby::heap::Heap;
use crate::ruby::limits::Limit;
use crate::ruby::parse::SyntaxError;
use crate::ruby::unwind::{Res, Unwind};
use crate::ruby::value::Value;
use crate::ruby::{parse, syntax_report};
use crate::source::{Source, Span};

/// A compiled template. What Ruby's parser refuses is kept, as a Director meets it when it renders.
#[derive(Debug)]
pub struct Template {
    job: String,
    path: String,
    /// `<job>/<path>`, which is `__FILE__` too.
    source: Arc<Source>,
    erb: erb::Program,
    program: Result<Program, SyntaxFault>,
}

/// What Ruby's parser says of a template.
#[derive(Debug, Clone)]
struct SyntaxFault {
    message: String,
    /// The error that tells most: what was opened and not closed, else the first.
    first: Option<SyntaxError>,
}

/// Why a template gave no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Name of the job.
    pub job: String,
    /// Path below the job's `templates`, or `monit`.
    pub path: String,
    /// What happened.
    pub cause: Cause,
    /// The line a Director tells: of the template, from 1. A syntax error has none.
    pub line: Option<usize>,
    /// Where in the text of the template.
    pub span: Option<Span>,
    /// Of a syntax error what is wrong at that place; its message has an excerpt of the Ruby program.
    pub syntax: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

/// What ended a rendering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An exception.
    Exception {
        /// Full name of its class.
        class: String,
        /// Its message.
        message: String,
    },
    /// It takes more than it may.
    Limit(Limit),
    /// It reached something that is not supported: its name.
    Unsupported(String),
}

impl Template {
    /// Compiles a text; every text is a template. `path` is its path below the job's `templates`, or `monit`.
    pub fn compile(job: &str, path: &str, text: &str) -> Self {
        let source = Source::new(format!("{job}/{path}"), text);
        let erb = erb::compile(source.text());
        let program = parse::parse(&erb.code, 0, library()).map_err(|errors| SyntaxFault {
            message: syntax_report::message(&erb.code, source.name(), 0, &errors),
            first: errors
                .iter()
                .find(|error| syntax_report::is_unclosed(&error.message))
                .or(errors.first())
                .cloned(),
        });
        Self {
            job: job.to_owned(),
            path: path.to_owned(),
            source,
            erb,
            program,
        }
    }

    /// Its text, called `<job>/<path>`.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The job it belongs to.
    pub fn job(&self) -> &str {
        &self.job
    }

    /// Its path below the job's `templates`, or `monit`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The Ruby program, when the parser takes it.
    pub(super) fn program(&self) -> Option<&Program> {
        self.program.as_ref().ok()
    }

    /// The ERB's program and the way back.
    pub(super) fn erb(&self) -> &erb::Program {
        &self.erb
    }

    /// The encoding other than UTF-8 that it declares.
    pub(super) fn foreign_coding(&self) -> Option<&str> {
        self.erb.foreign_coding()
    }

    /// What the parser says of it, as an exception of Ruby.
    fn refused(&self, fault: &SyntaxFault) -> TemplateError {
        let cause = Cause::Exception {
            class: "SyntaxError".to_owned(),
            message: fault.message.clone(),
        };
        let first = fault.first.as_ref();
        TemplateError {
            span: first.map(|error| self.span(error.position)),
            syntax: first.map(|error| error.message.clone()),
            ..self.error(cause)
        }
    }

    /// The place in the template of a place in its program.
    pub(super) fn span(&self, position: Position) -> Span {
        let span = position.span();
        Span::new(
            self.erb.template_offset(span.start),
            self.erb.template_offset(span.end),
        )
    }

    fn error(&self, cause: Cause) -> TemplateError {
        TemplateError {
            job: self.job.clone(),
            path: self.path.clone(),
            cause,
            line: None,
            span: None,
            syntax: None,
            hint: None,
        }
    }

    /// The bytes of the file for an instance.
    pub fn render(
        &self,
        instance: &InstanceSpec,
        world: &World,
    ) -> Result<Vec<u8>, Box<TemplateError>> {
        self.run(instance, world, None)
    }

    /// The bytes of the file for an instance; what of the template was evaluated is added to the recording, also when it
    /// fails.
    pub fn render_recorded(
        &self,
        instance: &InstanceSpec,
        world: &World,
        recording: &mut Recording,
    ) -> Result<Vec<u8>, Box<TemplateError>> {
        self.run(instance, world, Some(recording))
    }

    fn run(
        &self,
        instance: &InstanceSpec,
        world: &World,
        recording: Option<&mut Recording>,
    ) -> Result<Vec<u8>, Box<TemplateError>> {
        let program = match &self.program {
            Ok(program) => program,
            Err(fault) => return Err(Box::new(self.refused(fault))),
        };
        if let Some(coding) = self.foreign_coding() {
            let cause = Cause::Unsupported(format!("the encoding {coding}"));
            return Err(Box::new(self.error(cause)));
        }
        let heap = Heap::new();
        let mut vm = Vm::new(&heap, library(), program, self.source.name(), *world);
        vm.recorder = recording.is_some().then(Box::default);
        let result = run(&mut vm, instance);
        if let (Some(recording), Some(recorder)) = (recording, vm.recorder.take()) {
            recording.add(&program.recording(&recorder));
        }
        match result {
            Ok(output) => Ok(output),
            Err(unwind) => Err(Box::new(self.failed(&mut vm, unwind))),
        }
    }

    fn failed<'h>(&self, vm: &mut Vm<'h>, unwind: Unwind<'h>) -> TemplateError {
        let hint = match &unwind {
            Unwind::Raise(exception) => hint::of(vm, *exception),
            _ => None,
        };
        let failure = vm.failure(unwind);
        let cause = match failure.kind {
            FailureKind::Exception { class, message } => Cause::Exception { class, message },
            FailureKind::Limit(limit) => Cause::Limit(limit),
            FailureKind::Unsupported(what) => Cause::Unsupported(what),
        };
        TemplateError {
            line: failure.position.map(|position| position.line as usize),
            span: failure.position.map(|position| self.span(position)),
            hint,
            ..self.error(cause)
        }
    }
}

fn run<'h>(vm: &mut Vm<'h>, instance: &InstanceSpec) -> Res<'h, Vec<u8>> {
    let context = evaluation_context(vm, instance)?;
    let output = match vm.run_in_method(context, "get_binding")? {
        Value::String(output) => output.bytes(),
        _ => return vm.unsupported("an `_erbout` that is no string"),
    };
    if output.len() > vm.limits().output {
        return Err(Unwind::Limit(Limit::Output));
    }
    Ok(output)
}

impl TemplateError {
    /// The class of the exception; for what is no exception of Ruby a name of ours.
    pub fn class(&self) -> &str {
        match &self.cause {
            Cause::Exception { class, .. } => class,
            Cause::Limit(_) => "BoshRelease::LimitReached",
            Cause::Unsupported(_) => "BoshRelease::Unsupported",
        }
    }

    /// The exception's message.
    pub fn message(&self) -> String {
        match &self.cause {
            Cause::Exception { message, .. } => message.clone(),
            Cause::Limit(limit) => limit.to_string(),
            Cause::Unsupported(what) => format!("{what} is not supported"),
        }
    }

    /// What a Director says of it.
    pub fn director(&self) -> TemplateFailure {
        TemplateFailure {
            job: self.job.clone(),
            template: self.path.clone(),
            line: self.line,
            message: self.message(),
        }
    }

    /// The Ruby-level cause with the place in the template and a hint.
    pub fn diagnostic(&self, source: &Arc<Source>) -> Diagnostic {
        let message = self.syntax.clone().unwrap_or_else(|| self.message());
        let mut diagnostic = Diagnostic::error(format!("{}: {}", self.class(), message.trim_end()));
        if let Some(span) = self.span {
            diagnostic = diagnostic.at(source, span, "");
        }
        match &self.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.director().fmt(f)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruby::eval::Version;
    use crate::ruby::limits::Limits;
    use crate::yaml::Value as Data;

    #[test]
    fn errors_have_the_lines_of_ruby() {
        let rows: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/render/lines.json")).unwrap();
        let instance = InstanceSpec::new(Data::map([("name", "g")]), None).unwrap();
        let world = World {
            now: (0, 0),
            seed: 1,
            version: Version::Ruby34,
            limits: Limits::default(),
        };
        for row in rows {
            let text = row["template"].as_str().unwrap();
            let template = Template::compile("job", "x.erb", text);
            let error = template.render(&instance, &world).unwrap_err();
            assert_eq!(error.class(), row["class"], "{text}");
            assert_eq!(
                error.line.map(|line| line as u64),
                row["line"].as_u64(),
                "{text}"
            );
            if let Some(message) = row["message"].as_str() {
                let found = error.message();
                let found = found.replace("Bosh::Common::Template::EvaluationContext", "Ctx");
                assert_eq!(found, message, "{text}");
            }
        }
    }
}
