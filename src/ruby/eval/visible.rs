//! The local variables that are seen from a place, by name: for `binding` and `local_variables`.
//!
//! Elsewhere local variables are slots without names. A bare `binding` or `local_variables` is lowered with the names of
//! the scopes around it, and the call leaves them in the [`Vm`] for the row that asks.

use std::cell::Cell;

use super::super::ast::{Call, Node, ScopeNames};
use super::super::symbol::Symbol;
use super::super::unwind::Res;
use super::super::value::Value;
use super::{Env, Vm};

/// Names of local variables and the slots they stand for, seen from one place.
#[derive(Clone, Copy)]
pub struct Visible<'h> {
    env: Env<'h>,
    names: &'h ScopeNames,
}

impl<'h> Visible<'h> {
    /// The names, those of the innermost scope first; one that hides another is there twice.
    pub fn names(self) -> impl Iterator<Item = Symbol> {
        self.variables().map(|(name, _)| name)
    }

    /// The variable that a name means.
    pub fn find(self, name: Symbol) -> Option<&'h Cell<Value<'h>>> {
        let mut variables = self.variables();
        variables
            .find(|(known, _)| *known == name)
            .map(|(_, cell)| cell)
    }

    /// What `self` is at the place.
    pub fn receiver(self) -> Value<'h> {
        self.env.context.receiver
    }

    /// The scopes of a method end with its own, while its text goes on outwards.
    fn variables(self) -> impl Iterator<Item = (Symbol, &'h Cell<Value<'h>>)> {
        let scopes = std::iter::successors(Some(self.env.scope), |scope| scope.outer);
        let names = std::iter::successors(Some(self.names), |names| names.outer.as_deref());
        scopes.zip(names).flat_map(|(scope, names)| {
            let cells = names.names.iter();
            cells.filter_map(|(name, slot)| Some((*name, scope.slots.get(*slot as usize)?)))
        })
    }
}

impl<'h> Vm<'h> {
    /// A call that may ask for the local variables around it.
    pub(super) fn call_in_scope(
        &mut self,
        call: &'h Call,
        names: &'h ScopeNames,
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        self.visible = Some(Visible { env, names });
        let result = self.call_node(call, node, env);
        self.visible = None;
        result
    }

    /// What is seen from the place of the call that runs now; `None` when it was not written there as a bare word.
    pub(in super::super) fn take_visible(&mut self) -> Option<Visible<'h>> {
        let caller = self.caller?;
        let visible = self.visible.take();
        visible.filter(|visible| std::ptr::eq(visible.env.context, caller))
    }
}
