//! Assignments, and what can be assigned to.

use ruby_prism as prism;

use super::super::ast::{Call, Kind, Node, Operator, Position, Target, Targets};
use super::Lowering;

/// For a node of one of the accessors: target, operator and value of `target op= value`.
macro_rules! operator_writes {
    ($this:ident, $node:ident, $($or:ident $and:ident $operator:ident => |$write:ident| $target:expr;)*) => {
        $(
            if let Some($write) = $node.$or() {
                return Some(($target, Operator::Or, $write.value()));
            }
            if let Some($write) = $node.$and() {
                return Some(($target, Operator::And, $write.value()));
            }
            if let Some($write) = $node.$operator() {
                let target = $target;
                let operator = Operator::Call($this.id(&$write.binary_operator()));
                return Some((target, operator, $write.value()));
            }
        )*
    };
}

impl Lowering {
    pub(super) fn assignment(
        &mut self,
        node: &prism::Node<'_>,
        position: Position,
    ) -> Option<Kind> {
        if let Some(write) = node.as_multi_write_node() {
            let targets = self.targets(&write.lefts(), write.rest(), &write.rights());
            return Some(Kind::MultipleAssign(
                Box::new(targets),
                self.boxed(&write.value()),
            ));
        }
        if let Some(write) = node.as_match_write_node() {
            return Some(self.match_write(&write, position));
        }
        if let Some((target, value)) = self.plain_write(node) {
            return Some(Kind::Assign(Box::new(target), self.boxed(&value)));
        }
        let (target, operator, value) = self.operator_write(node)?;
        let value = self.boxed(&value);
        Some(Kind::OperatorAssign(Box::new(target), operator, value))
    }

    fn plain_write<'a>(&mut self, node: &prism::Node<'a>) -> Option<(Target, prism::Node<'a>)> {
        if let Some(write) = node.as_local_variable_write_node() {
            let local = self.local(write.name().as_slice(), write.depth());
            return Some((Target::Local(local), write.value()));
        }
        if let Some(write) = node.as_instance_variable_write_node() {
            return Some((
                Target::InstanceVariable(self.id(&write.name())),
                write.value(),
            ));
        }
        if let Some(write) = node.as_constant_write_node() {
            return Some((Target::Constant(self.id(&write.name())), write.value()));
        }
        if let Some(write) = node.as_class_variable_write_node() {
            return Some((Target::ClassVariable(self.id(&write.name())), write.value()));
        }
        if let Some(write) = node.as_global_variable_write_node() {
            return Some((Target::Global(self.id(&write.name())), write.value()));
        }
        let write = node.as_constant_path_write_node()?;
        Some((self.constant_path(&write.target()), write.value()))
    }

    fn operator_write<'a>(
        &mut self,
        node: &prism::Node<'a>,
    ) -> Option<(Target, Operator, prism::Node<'a>)> {
        operator_writes! { self, node,
            as_local_variable_or_write_node as_local_variable_and_write_node as_local_variable_operator_write_node
                => |write| Target::Local(self.local(write.name().as_slice(), write.depth()));
            as_instance_variable_or_write_node as_instance_variable_and_write_node
                as_instance_variable_operator_write_node
                => |write| Target::InstanceVariable(self.id(&write.name()));
            as_class_variable_or_write_node as_class_variable_and_write_node as_class_variable_operator_write_node
                => |write| Target::ClassVariable(self.id(&write.name()));
            as_global_variable_or_write_node as_global_variable_and_write_node as_global_variable_operator_write_node
                => |write| Target::Global(self.id(&write.name()));
            as_constant_or_write_node as_constant_and_write_node as_constant_operator_write_node
                => |write| Target::Constant(self.id(&write.name()));
            as_constant_path_or_write_node as_constant_path_and_write_node as_constant_path_operator_write_node
                => |write| self.constant_path(&write.target());
            as_index_or_write_node as_index_and_write_node as_index_operator_write_node
                => |write| self.index_target(write.receiver(), write.arguments());
            as_call_or_write_node as_call_and_write_node as_call_operator_write_node
                => |write| {
                    let position = self.position(&write.message_loc().unwrap_or_else(|| write.location()));
                    let name = self.id(&write.read_name());
                    self.attribute_target(write.receiver(), name, write.is_safe_navigation(), position)
                };
        }
        None
    }

    fn index_target(
        &mut self,
        receiver: Option<prism::Node<'_>>,
        arguments: Option<prism::ArgumentsNode<'_>>,
    ) -> Target {
        let mut call = Call::default();
        self.arguments(arguments, &mut call);
        Target::Index {
            receiver: self.receiver(receiver),
            arguments: call.arguments,
        }
    }

    fn attribute_target(
        &mut self,
        receiver: Option<prism::Node<'_>>,
        name: super::Symbol,
        safe: bool,
        position: Position,
    ) -> Target {
        Target::Attribute {
            receiver: self.receiver(receiver),
            name,
            safe,
            position,
        }
    }

    fn receiver(&mut self, receiver: Option<prism::Node<'_>>) -> Node {
        match receiver {
            Some(receiver) => self.node(&receiver),
            None => Node {
                kind: Kind::SelfValue,
                position: Position::default(),
            },
        }
    }

    fn constant_path(&mut self, path: &prism::ConstantPathNode<'_>) -> Target {
        let scope = path.parent().map(|scope| self.node(&scope));
        let name = path
            .name()
            .map_or(b"".to_vec(), |name| name.as_slice().to_vec());
        Target::ConstantPath(scope, self.symbol(&name))
    }

    fn match_write(&mut self, write: &prism::MatchWriteNode<'_>, position: Position) -> Kind {
        let call = Node {
            kind: self.call(&write.call()).kind,
            position,
        };
        let mut targets = Vec::new();
        for target in &write.targets() {
            if let Some(local) = target.as_local_variable_target_node() {
                let name = String::from_utf8_lossy(local.name().as_slice()).into_owned();
                targets.push((name, self.target(&target)));
            }
        }
        Kind::MatchWrite(Box::new(call), targets)
    }

    pub(super) fn targets(
        &mut self,
        before: &prism::NodeList<'_>,
        rest: Option<prism::Node<'_>>,
        after: &prism::NodeList<'_>,
    ) -> Targets {
        Targets {
            before: before.iter().map(|target| self.target(&target)).collect(),
            splat: rest.map(|rest| self.splat_target(&rest)),
            after: after.iter().map(|target| self.target(&target)).collect(),
        }
    }

    fn splat_target(&mut self, node: &prism::Node<'_>) -> Target {
        let inner = node.as_splat_node().and_then(|splat| splat.expression());
        inner.map_or(Target::Ignored, |inner| self.target(&inner))
    }

    /// What an assignment, a `for`, a `rescue` or a parameter assigns to.
    pub(super) fn target(&mut self, node: &prism::Node<'_>) -> Target {
        if let Some(local) = node.as_local_variable_target_node() {
            return Target::Local(self.local(local.name().as_slice(), local.depth()));
        }
        if let Some(parameter) = node.as_required_parameter_node() {
            return Target::Local(self.local(parameter.name().as_slice(), 0));
        }
        if let Some(multiple) = node.as_multi_target_node() {
            let targets = self.targets(&multiple.lefts(), multiple.rest(), &multiple.rights());
            return Target::Multiple(Box::new(targets));
        }
        if let Some(variable) = node.as_instance_variable_target_node() {
            return Target::InstanceVariable(self.id(&variable.name()));
        }
        if let Some(index) = node.as_index_target_node() {
            return self.index_target(Some(index.receiver()), index.arguments());
        }
        if let Some(call) = node.as_call_target_node() {
            let position = self.position(&call.message_loc());
            // The name is that of the writer here, that of the reader elsewhere.
            let name = String::from_utf8_lossy(call.name().as_slice()).into_owned();
            let name = self.symbol(name.trim_end_matches('=').as_bytes());
            let safe = call.is_safe_navigation();
            return self.attribute_target(Some(call.receiver()), name, safe, position);
        }
        self.rare_target(node)
    }

    fn rare_target(&mut self, node: &prism::Node<'_>) -> Target {
        if let Some(constant) = node.as_constant_target_node() {
            return Target::Constant(self.id(&constant.name()));
        }
        if let Some(variable) = node.as_global_variable_target_node() {
            return Target::Global(self.id(&variable.name()));
        }
        if let Some(variable) = node.as_class_variable_target_node() {
            return Target::ClassVariable(self.id(&variable.name()));
        }
        if node.as_splat_node().is_some() {
            return self.splat_target(node);
        }
        if let Some(path) = node.as_constant_path_target_node() {
            let scope = path.parent().map(|scope| self.node(&scope));
            let name = path
                .name()
                .map_or(b"".to_vec(), |name| name.as_slice().to_vec());
            return Target::ConstantPath(scope, self.symbol(&name));
        }
        Target::Ignored
    }
}
