//! Patterns of `case … in`, `=>` and `in`.

use ruby_prism as prism;

use super::super::ast::{HashRest, Node, Pattern, Target};
use super::Lowering;

impl Lowering {
    /// A pattern with its `if` or `unless`; true for `unless`.
    pub(super) fn guarded(&mut self, node: &prism::Node<'_>) -> (Pattern, Option<(Node, bool)>) {
        let (statements, condition, negated) = if let Some(guard) = node.as_if_node() {
            (guard.statements(), guard.predicate(), false)
        } else if let Some(guard) = node.as_unless_node() {
            (guard.statements(), guard.predicate(), true)
        } else {
            return (self.pattern(node), None);
        };
        let pattern = statements.and_then(|statements| statements.body().first());
        let pattern = match pattern {
            Some(pattern) => self.pattern(&pattern),
            None => Pattern::Bind(Target::Ignored),
        };
        (pattern, Some((self.node(&condition), negated)))
    }

    pub(super) fn pattern(&mut self, node: &prism::Node<'_>) -> Pattern {
        self.depth += 1;
        if self.depth > super::DEEPEST {
            let position = self.position(&node.location());
            let kind = self.refuse("nesting of more than 1000 patterns", position);
            self.depth -= 1;
            return Pattern::Value(Node { kind, position });
        }
        let pattern = stacker::maybe_grow(super::STACK_LEFT, super::STACK_ADDED, || {
            self.lower_pattern(node)
        });
        self.depth -= 1;
        pattern
    }

    fn lower_pattern(&mut self, node: &prism::Node<'_>) -> Pattern {
        if node.as_local_variable_target_node().is_some() {
            return Pattern::Bind(self.target(node));
        }
        if let Some(pinned) = node.as_pinned_variable_node() {
            return Pattern::Pinned(self.node(&pinned.variable()));
        }
        if let Some(pinned) = node.as_pinned_expression_node() {
            return Pattern::Pinned(self.node(&pinned.expression()));
        }
        if let Some(either) = node.as_alternation_pattern_node() {
            let left = Box::new(self.pattern(&either.left()));
            return Pattern::Alternatives(left, Box::new(self.pattern(&either.right())));
        }
        if let Some(capture) = node.as_capture_pattern_node() {
            let pattern = Box::new(self.pattern(&capture.value()));
            return Pattern::Capture(pattern, self.target(&capture.target().as_node()));
        }
        if let Some(array) = node.as_array_pattern_node() {
            return self.array_pattern(&array);
        }
        if let Some(find) = node.as_find_pattern_node() {
            return Pattern::Find {
                constant: find.constant().map(|constant| self.node(&constant)),
                before: self.splat_pattern(&find.left().as_node()),
                middle: self.pattern_list(&find.requireds()),
                after: self.splat_pattern(&find.right().as_node()),
            };
        }
        if let Some(hash) = node.as_hash_pattern_node() {
            return self.hash_pattern(&hash);
        }
        if let Some(implicit) = node.as_implicit_node() {
            return self.pattern(&implicit.value());
        }
        if let Some(parentheses) = node.as_parentheses_node()
            && let Some(body) = parentheses.body()
        {
            return self.parenthesized_pattern(&body);
        }
        Pattern::Value(self.node(node))
    }

    fn parenthesized_pattern(&mut self, body: &prism::Node<'_>) -> Pattern {
        let first = body
            .as_statements_node()
            .and_then(|statements| statements.body().first());
        match first {
            Some(inner) => self.pattern(&inner),
            None => self.pattern(body),
        }
    }

    fn pattern_list(&mut self, nodes: &prism::NodeList<'_>) -> Vec<Pattern> {
        nodes.iter().map(|node| self.pattern(&node)).collect()
    }

    fn splat_pattern(&mut self, node: &prism::Node<'_>) -> Option<Target> {
        let inner = node.as_splat_node()?.expression()?;
        Some(self.target(&inner))
    }

    fn array_pattern(&mut self, array: &prism::ArrayPatternNode<'_>) -> Pattern {
        Pattern::Array {
            constant: array.constant().map(|constant| self.node(&constant)),
            before: self.pattern_list(&array.requireds()),
            rest: array
                .rest()
                .map(|rest| self.splat_pattern(&rest).unwrap_or(Target::Ignored)),
            after: self.pattern_list(&array.posts()),
        }
    }

    fn hash_pattern(&mut self, hash: &prism::HashPatternNode<'_>) -> Pattern {
        let mut entries = Vec::new();
        for element in &hash.elements() {
            let Some(pair) = element.as_assoc_node() else {
                continue;
            };
            let key = pair.key();
            let name = key.as_symbol_node().map(|key| key.unescaped().to_vec());
            let name = self.symbol(&name.unwrap_or_default());
            entries.push((name, self.pattern(&pair.value())));
        }
        let rest = match hash.rest() {
            None => HashRest::Any,
            Some(rest) if rest.as_no_keywords_parameter_node().is_some() => HashRest::None,
            Some(rest) => {
                let bound = rest.as_assoc_splat_node().and_then(|splat| splat.value());
                bound.map_or(HashRest::Any, |bound| HashRest::Bind(self.target(&bound)))
            }
        };
        Pattern::Hash {
            constant: hash.constant().map(|constant| self.node(&constant)),
            entries,
            rest,
        }
    }
}
