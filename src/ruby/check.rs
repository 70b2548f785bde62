//! What of a program is not supported, without running it.

use super::ast::{Position, Program, Unsupported};
use super::methods::library::Library;
use super::methods::missing::CONSTANTS;

impl Program {
    /// Forms that are not supported, calls of methods that Ruby has and no class of the library, and constants that only
    /// Ruby has. A name that neither knows is not listed: it is an attribute of an OpenStruct, a method of the program's
    /// own, or an error in Ruby too.
    pub fn unsupported_in(&self, library: &Library) -> Vec<Unsupported> {
        let mut found = self.unsupported.clone();
        let mut add = |what: String, position: Position| found.push(Unsupported { what, position });
        for (name, position) in &self.calls {
            if let Some(method) = library.missing_method(*name) {
                add(method, *position);
            }
        }
        for (name, position) in &self.constants {
            let name = self.names.name(*name).unwrap_or_default();
            if CONSTANTS.contains(&name) && library.class(name).is_none() {
                add(format!("the constant {name}"), *position);
            }
        }
        found
    }
}
