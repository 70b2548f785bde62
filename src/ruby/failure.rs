//! What a run ends with when it has no value, in terms that outlive its heap.

use super::ast::Position;
use super::eval::Vm;
use super::limits::Limit;
use super::unwind::Unwind;
use super::value::Value;

/// Why a run has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// Where in the program; `None` when no place in it is known.
    pub position: Option<Position>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// An exception that nothing rescued.
    Exception {
        /// Full name of its class.
        class: String,
        /// Its message.
        message: String,
    },
    /// A limit was reached.
    Limit(Limit),
    /// Something that is not supported was reached: its name.
    Unsupported(String),
}

impl<'h> Vm<'h> {
    /// What left the run. Asking an exception for its message may run code of the template, which may fail in turn.
    pub fn failure(&mut self, unwind: Unwind<'h>) -> Failure {
        let position = Some(self.position).filter(|position| position.line > 0 || position.end > 0);
        match unwind {
            Unwind::Raise(exception) => self.exception_failure(exception),
            Unwind::Limit(limit) => Failure {
                kind: FailureKind::Limit(limit),
                position,
            },
            Unwind::Unsupported(what) => Failure {
                kind: FailureKind::Unsupported(what.into()),
                position,
            },
            // `run` lets no other one out.
            _ => Failure {
                kind: FailureKind::Unsupported("leaving the template in the middle".to_owned()),
                position,
            },
        }
    }

    fn exception_failure(&mut self, exception: Value<'h>) -> Failure {
        let class = self.class_of(exception).real();
        let class = self.class_name(class);
        let position = match exception {
            Value::Object(object) => object.exception().and_then(|data| {
                let given = !data.trace.get().is_nil();
                data.position.get().filter(|_| !given)
            }),
            _ => None,
        };
        match self.exception_message(exception) {
            Ok(message) => Failure {
                kind: FailureKind::Exception { class, message },
                position,
            },
            Err(Unwind::Raise(_)) => Failure {
                kind: FailureKind::Exception {
                    message: class.clone(),
                    class,
                },
                position,
            },
            Err(other) => self.failure(other),
        }
    }
}
