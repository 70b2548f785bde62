//! Definitions: methods, classes, modules, parameters.

use ruby_prism as prism;

use super::super::ast::{ClassBody, Def, Keyword, Kind, Parameters, Target};
use super::Lowering;

impl Lowering {
    pub(super) fn definition(&mut self, node: &prism::Node<'_>) -> Option<Kind> {
        if let Some(def) = node.as_def_node() {
            return Some(self.method(&def));
        }
        if let Some(class) = node.as_class_node() {
            let superclass = class.superclass().map(|class| self.node(&class));
            let mut body = self.class_body(&class.constant_path(), &class.name());
            body.superclass = superclass;
            body.body = self.scoped_body(&class.locals(), class.body());
            return Some(Kind::Class(Box::new(body)));
        }
        if let Some(module) = node.as_module_node() {
            let mut body = self.class_body(&module.constant_path(), &module.name());
            body.body = self.scoped_body(&module.locals(), module.body());
            return Some(Kind::Module(Box::new(body)));
        }
        if let Some(class) = node.as_singleton_class_node() {
            let object = self.boxed(&class.expression());
            let body = self.scoped_body(&class.locals(), class.body());
            return Some(Kind::SingletonClass(object, Box::new(body)));
        }
        if let Some(alias) = node.as_alias_method_node() {
            let (new, old) = (alias.new_name(), alias.old_name());
            return Some(Kind::Alias(self.boxed(&new), self.boxed(&old)));
        }
        let undef = node.as_undef_node()?;
        Some(Kind::Undef(self.list(&undef.names())))
    }

    fn class_body(&mut self, path: &prism::Node<'_>, name: &prism::ConstantId<'_>) -> ClassBody {
        let path = path.as_constant_path_node();
        let scope = path.as_ref().and_then(prism::ConstantPathNode::parent);
        ClassBody {
            top: path.is_some() && scope.is_none(),
            scope: scope.map(|scope| self.node(&scope)),
            name: self.id(name),
            superclass: None,
            body: super::Body {
                body: super::nil(),
                locals: 0,
            },
        }
    }

    fn method(&mut self, def: &prism::DefNode<'_>) -> Kind {
        let receiver = def.receiver().map(|receiver| self.node(&receiver));
        let name = self.id(&def.name());
        self.open_scope(&def.locals());
        let parameters = def
            .parameters()
            .map(|parameters| self.parameters(&parameters))
            .unwrap_or_default();
        let body = self.body(def.body());
        Kind::Def(Box::new(Def {
            name,
            receiver,
            parameters,
            body,
            locals: self.close_scope(),
            position: self.position(&def.def_keyword_loc()),
        }))
    }

    /// Parameters of a block: written, numbered (`_1`), or `it`.
    pub(super) fn block_parameters(&mut self, node: Option<prism::Node<'_>>) -> Parameters {
        let Some(node) = node else {
            return Parameters::default();
        };
        if let Some(numbered) = node.as_numbered_parameters_node() {
            let names = (1..=numbered.maximum()).map(|number| format!("_{number}"));
            let required = names.map(|name| Target::Local(self.local(name.as_bytes(), 0)));
            let required = required.collect();
            return Parameters {
                required,
                names: self.slot_names(),
                ..Parameters::default()
            };
        }
        if node.as_it_parameters_node().is_some() {
            return Parameters {
                required: vec![Target::Local(self.local(super::IT, 0))],
                ..Parameters::default()
            };
        }
        let written = node.as_block_parameters_node();
        let parameters = written.and_then(|written| written.parameters());
        parameters
            .map(|parameters| self.parameters(&parameters))
            .unwrap_or_default()
    }

    fn parameters(&mut self, written: &prism::ParametersNode<'_>) -> Parameters {
        let mut parameters = Parameters {
            required: self.required(&written.requireds()),
            post: self.required(&written.posts()),
            ..Parameters::default()
        };
        for optional in &written.optionals() {
            if let Some(optional) = optional.as_optional_parameter_node() {
                let slot = self.slot(optional.name().as_slice());
                let default = self.node(&optional.value());
                parameters.optional.push((slot, default));
            }
        }
        if let Some(rest) = written.rest() {
            self.rest(&rest, &mut parameters);
        }
        for keyword in &written.keywords() {
            parameters.keywords.extend(self.keyword(&keyword));
        }
        if let Some(rest) = written.keyword_rest() {
            self.keyword_rest(&rest, &mut parameters);
        }
        let block = written
            .block()
            .and_then(|block| block.as_block_parameter_node());
        if let Some(block) = block {
            let name = block
                .name()
                .map_or(b"&".to_vec(), |name| name.as_slice().to_vec());
            parameters.block = Some(self.slot(&name));
        }
        parameters.names = self.slot_names();
        parameters
    }

    fn required(&mut self, nodes: &prism::NodeList<'_>) -> Vec<Target> {
        nodes.iter().map(|node| self.target(&node)).collect()
    }

    fn rest(&mut self, node: &prism::Node<'_>, parameters: &mut Parameters) {
        if node.as_implicit_rest_node().is_some() {
            parameters.trailing_comma = true;
            return;
        }
        let Some(rest) = node.as_rest_parameter_node() else {
            return;
        };
        let name = rest
            .name()
            .map_or(b"*".to_vec(), |name| name.as_slice().to_vec());
        parameters.rest = Some(self.slot(&name));
    }

    fn keyword(&mut self, node: &prism::Node<'_>) -> Option<Keyword> {
        if let Some(keyword) = node.as_required_keyword_parameter_node() {
            return Some(Keyword {
                name: self.id(&keyword.name()),
                slot: self.slot(keyword.name().as_slice()),
                default: None,
            });
        }
        let keyword = node.as_optional_keyword_parameter_node()?;
        Some(Keyword {
            name: self.id(&keyword.name()),
            slot: self.slot(keyword.name().as_slice()),
            default: Some(self.node(&keyword.value())),
        })
    }

    fn keyword_rest(&mut self, node: &prism::Node<'_>, parameters: &mut Parameters) {
        if node.as_no_keywords_parameter_node().is_some() {
            parameters.no_keywords = true;
        } else if node.as_forwarding_parameter_node().is_some() {
            parameters.rest = Some(self.slot(b"*"));
            parameters.keyword_rest = Some(self.slot(b"**"));
            parameters.block = Some(self.slot(b"&"));
        } else if let Some(rest) = node.as_keyword_rest_parameter_node() {
            let name = rest
                .name()
                .map_or(b"**".to_vec(), |name| name.as_slice().to_vec());
            parameters.keyword_rest = Some(self.slot(&name));
        }
    }
}
