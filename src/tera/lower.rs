//! The parser's tree lowered to ours, in step with the tags of the text, which say where everything stands.

use std::collections::HashMap;
use std::sync::Arc;

use tera::ast;

use super::parsed::{Import, Parsed};
use super::path::Path;
use super::tags::{Tag, TagKind, Token, TokenKind};
use super::tree::{
    Argument, Branch, Call, Comparison, Expr, For, Kind, Macro, Node, Operator, Test, Value,
};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// Walks tree and tags at the same time.
pub(super) struct Lowerer<'a> {
    source: &'a Arc<Source>,
    tags: std::iter::Peekable<std::slice::Iter<'a, Tag>>,
    /// End of what was lowered last.
    at: usize,
    faults: Vec<Diagnostic>,
    out: Parsed,
}

impl<'a> Lowerer<'a> {
    pub(super) fn new(source: &'a Arc<Source>, tags: &'a [Tag]) -> Self {
        Self {
            source,
            tags: tags.iter().peekable(),
            at: 0,
            faults: Vec::new(),
            out: Parsed {
                source: Arc::clone(source),
                nodes: Vec::new(),
                macros: Vec::new(),
                imports: Vec::new(),
                extends: None,
            },
        }
    }

    /// Lowers a whole template.
    pub(super) fn template(mut self, template: tera::Template) -> Result<Parsed, Diagnostics> {
        let nodes = self.nodes(template.ast);
        self.out.nodes = nodes;
        if let Some(tag) = self.tags.next() {
            let what = "This tag cannot be told apart from the text around it";
            self.fault(tag.span, what);
        }
        Diagnostics::from_list(self.faults)?;
        Ok(self.out)
    }

    fn fault(&mut self, span: Span, what: impl Into<String>) {
        self.faults
            .push(Diagnostic::error(what).at(self.source, span, ""));
    }

    /// The next tag, which is one of those statements, or none of them for what is printed.
    fn tag(&mut self, keywords: &[&str]) -> Tag {
        let fits = |tag: &&Tag| match tag.kind {
            TagKind::Print => keywords.is_empty(),
            TagKind::Statement => keywords.contains(&tag.keyword.as_str()),
        };
        let Some(tag) = self.tags.next_if(|tag| fits(tag)) else {
            let here = self
                .tags
                .peek()
                .map_or(Span::new(self.at, self.at), |tag| tag.span);
            let what = match keywords.first() {
                Some(keyword) => format!("Here the tag `{keyword}` is expected"),
                None => "Here `{{` is expected".to_owned(),
            };
            self.fault(here, what);
            return super::tags::no_tag(self.at);
        };
        self.at = tag.span.end;
        tag.clone()
    }

    fn is_next(&mut self, keyword: &str) -> bool {
        self.tags.peek().is_some_and(|tag| tag.keyword == keyword)
    }

    fn nodes(&mut self, nodes: Vec<ast::Node>) -> Vec<Node> {
        nodes
            .into_iter()
            .filter_map(|node| self.node(node))
            .collect()
    }

    fn node(&mut self, node: ast::Node) -> Option<Node> {
        let simple = |tag: &Tag, kind| {
            Some(Node {
                kind,
                span: tag.span,
                end: tag.span,
            })
        };
        match node {
            ast::Node::Text(text) => Some(self.text(text, None)),
            ast::Node::Raw(_, text, _) => {
                let tag = self.tag(&["raw"]);
                Some(self.text(text, Some(tag.span)))
            }
            ast::Node::Super => simple(&self.tag(&[]), Kind::Super),
            ast::Node::VariableBlock(_, expr) => {
                let tag = self.tag(&[]);
                let expr = self.expr(&tag, expr);
                simple(&tag, Kind::Print(expr))
            }
            ast::Node::Set(_, set) => {
                let tag = self.tag(&["set", "set_global"]);
                let value = self.expr(&tag, set.value);
                simple(
                    &tag,
                    Kind::Set {
                        name: set.key,
                        value,
                        global: set.global,
                    },
                )
            }
            ast::Node::Include(_, names, ignore_missing) => simple(
                &self.tag(&["include"]),
                Kind::Include {
                    names,
                    ignore_missing,
                },
            ),
            ast::Node::Break(_) => simple(&self.tag(&["break"]), Kind::Break),
            ast::Node::Continue(_) => simple(&self.tag(&["continue"]), Kind::Continue),
            ast::Node::If(node, _) => Some(self.conditional(node)),
            ast::Node::Forloop(_, node, _) => Some(self.for_loop(node)),
            ast::Node::FilterSection(_, section, _) => {
                let tag = self.tag(&["filter"]);
                let call = self.call(&tag, section.filter, "filter");
                let body = self.nodes(section.body);
                let end = self.tag(&["endfilter"]).span;
                Some(Node {
                    kind: Kind::Filter { call, body },
                    span: tag.span,
                    end,
                })
            }
            ast::Node::Block(_, block, _) => {
                let tag = self.tag(&["block"]);
                let body = self.nodes(block.body);
                let end = self.tag(&["endblock"]).span;
                let kind = Kind::Block {
                    name: block.name,
                    body,
                };
                Some(Node {
                    kind,
                    span: tag.span,
                    end,
                })
            }
            ast::Node::Comment(..) => None,
            node => {
                self.definition(node);
                None
            }
        }
    }

    /// What stands at the head of a file, and macros.
    fn definition(&mut self, node: ast::Node) {
        match node {
            ast::Node::Extends(_, name) => {
                let tag = self.tag(&["extends"]);
                self.out.extends = Some((name, tag.span));
            }
            ast::Node::ImportMacro(_, file, space) => {
                let span = self.tag(&["import"]).span;
                self.out.imports.push(Import { file, space, span });
            }
            ast::Node::MacroDefinition(_, definition, _) => {
                let tag = self.tag(&["macro"]);
                let mut parameters: Vec<(String, Option<Expr>)> = definition
                    .args
                    .into_iter()
                    .map(|(name, default)| (name, default.map(|expr| self.expr(&tag, expr))))
                    .collect();
                let text = self.source.text();
                parameters.sort_by_key(|(name, _)| {
                    tag.find(text, |before, token| {
                        before != Some("=") && token.text == name
                    })
                    .start
                });
                let body = self.nodes(definition.body);
                let end = self.tag(&["endmacro"]).span;
                let name = definition.name;
                self.out.macros.push(Macro {
                    name,
                    parameters,
                    body,
                    span: tag.span,
                    end,
                });
            }
            _ => {}
        }
    }

    /// A text, found between what was lowered last and the next tag.
    fn text(&mut self, text: String, raw: Option<Span>) -> Node {
        let (from, to) = if let Some(span) = raw {
            (span.start, span.end)
        } else {
            let next = self.tags.peek().map(|tag| tag.span.start);
            (self.at, next.unwrap_or(self.source.text().len()))
        };
        let gap = self.source.text().get(from..to).unwrap_or_default();
        let start = from + gap.find(&text).unwrap_or(0);
        let span = Span::new(start, start + text.len());
        self.at = raw.map_or(span.end, |raw| raw.end);
        Node {
            kind: Kind::Text(text),
            span,
            end: span,
        }
    }

    fn conditional(&mut self, node: ast::If) -> Node {
        let mut branches: Vec<Branch> = Vec::new();
        for (_, condition, body) in node.conditions {
            let keyword = if branches.is_empty() { "if" } else { "elif" };
            let tag = self.tag(&[keyword]);
            let condition = self.expr(&tag, condition);
            let body = self.nodes(body);
            branches.push(Branch {
                span: tag.span,
                condition,
                body,
            });
        }
        let otherwise = node.otherwise.map(|(_, body)| {
            let span = self.tag(&["else"]).span;
            (span, self.nodes(body))
        });
        let end = self.tag(&["endif"]).span;
        let span = branches.first().map_or(end, |branch| branch.span);
        Node {
            kind: Kind::If {
                branches,
                otherwise,
            },
            span,
            end,
        }
    }

    fn for_loop(&mut self, node: ast::Forloop) -> Node {
        let tag = self.tag(&["for"]);
        let container = self.expr(&tag, node.container);
        let body = self.nodes(node.body);
        let empty = node.empty_body.map(|body| {
            let span = self.tag(&["else"]).span;
            (span, self.nodes(body))
        });
        if self.is_next("else") {
            self.tag(&["else"]);
            let span = self.tags.peek().map_or(tag.span, |tag| tag.span);
            self.fault(span, "A loop has one `else`");
        }
        let end = self.tag(&["endfor"]).span;
        let looped = For {
            key: node.key,
            value: node.value,
            container,
            body,
            empty,
        };
        Node {
            kind: Kind::For(Box::new(looped)),
            span: tag.span,
            end,
        }
    }

    fn expr(&mut self, tag: &Tag, expr: ast::Expr) -> Expr {
        let (value, span) = self.value(tag, expr.val);
        let calls = expr.filters.into_iter();
        let filters = calls.map(|call| self.call(tag, call, "|")).collect();
        Expr {
            value,
            filters,
            negated: expr.negated,
            span,
        }
    }

    /// A value and its place; the whole tag stands for what is made of several words.
    fn value(&mut self, tag: &Tag, value: ast::ExprVal) -> (Value, Span) {
        let value = match value {
            ast::ExprVal::String(text) => Value::Text(text),
            ast::ExprVal::Int(number) => Value::Int(number),
            ast::ExprVal::Float(number) => Value::Float(number),
            ast::ExprVal::Bool(value) => Value::Bool(value),
            ast::ExprVal::Ident(text) => {
                let path = self.path(tag, &text);
                let span = path.span;
                return (Value::Path(path), span);
            }
            ast::ExprVal::Array(items) => {
                Value::List(items.into_iter().map(|item| self.expr(tag, item)).collect())
            }
            ast::ExprVal::StringConcat(concat) => {
                let parts = concat.values.into_iter();
                Value::Concat(parts.map(|part| self.value(tag, part).0).collect())
            }
            ast::ExprVal::Math(math) => {
                let (left, right) = self.pair(tag, *math.lhs, *math.rhs);
                Value::Math(operator(math.operator), left, right)
            }
            ast::ExprVal::Logic(logic) => {
                let (left, right) = self.pair(tag, *logic.lhs, *logic.rhs);
                logical(logic.operator, left, right)
            }
            ast::ExprVal::In(inside) => {
                let (item, container) = self.pair(tag, *inside.lhs, *inside.rhs);
                Value::In {
                    item,
                    container,
                    negated: inside.negated,
                }
            }
            ast::ExprVal::Test(test) => self.test(tag, test),
            ast::ExprVal::MacroCall(call) => {
                let name = format!("{}::{}", call.namespace, call.name);
                let called = self.named(tag, call.name, call.args, "::", &name);
                let span = called.span;
                return (
                    Value::Macro {
                        space: call.namespace,
                        call: called,
                    },
                    span,
                );
            }
            ast::ExprVal::FunctionCall(call) => {
                let call = self.call(tag, call, "");
                let span = call.span;
                return (Value::Function(call), span);
            }
        };
        (value, tag.span)
    }

    fn pair(&mut self, tag: &Tag, left: ast::Expr, right: ast::Expr) -> (Box<Expr>, Box<Expr>) {
        let left = self.expr(tag, left);
        let right = self.expr(tag, right);
        (Box::new(left), Box::new(right))
    }

    fn test(&mut self, tag: &Tag, test: ast::Test) -> Value {
        let path = self.path(tag, &test.ident);
        let arguments = test
            .args
            .into_iter()
            .map(|expr| self.expr(tag, expr))
            .collect();
        let text = self.source.text();
        let span = tag.find(text, |before, token| {
            matches!(before, Some("is" | "not")) && token.text == test.name
        });
        let call = Test {
            name: test.name,
            arguments,
            negated: test.negated,
            span,
        };
        Value::Test { path, call }
    }

    fn path(&mut self, tag: &Tag, text: &str) -> Path {
        let source = Arc::clone(self.source);
        let span = tag.find(source.text(), |_, token| is_path(token, text));
        Path::parse(text, span).unwrap_or_else(|why| {
            self.fault(span, format!("`{text}`: {why}"));
            Path {
                text: text.to_owned(),
                root: text.to_owned(),
                steps: Vec::new(),
                span,
            }
        })
    }

    /// A call of a filter, which stands behind `before`, or of a function.
    fn call(&mut self, tag: &Tag, call: ast::FunctionCall, before: &str) -> Call {
        let shown = call.name.clone();
        self.named(tag, call.name, call.args, before, &shown)
    }

    fn named(
        &mut self,
        tag: &Tag,
        name: String,
        arguments: HashMap<String, ast::Expr>,
        before: &str,
        shown: &str,
    ) -> Call {
        let text = self.source.text();
        let last = shown.rsplit("::").next().unwrap_or(shown);
        let stands = |sign: Option<&str>| match before {
            "" => true,
            "::" => sign == Some(":"),
            before => sign == Some(before),
        };
        let span = tag.find(text, |sign, token| token.text == last && stands(sign));
        let mut arguments: Vec<Argument> = arguments
            .into_iter()
            .map(|(name, value)| {
                let span = argument_place(tag, text, &name, span);
                let value = self.expr(tag, value);
                Argument { name, value, span }
            })
            .collect();
        arguments.sort_by(|a, b| (a.span.start, &a.name).cmp(&(b.span.start, &b.name)));
        Call {
            name,
            arguments,
            span,
        }
    }
}

fn is_path(token: &Token<'_>, text: &str) -> bool {
    token.kind == TokenKind::Path && token.text == text
}

/// Where the argument `name` stands: the first one behind the name that is called.
fn argument_place(tag: &Tag, text: &str, name: &str, call: Span) -> Span {
    let mut tokens = tag
        .tokens(text)
        .filter(|token| token.span.start >= call.end)
        .peekable();
    while let Some(token) = tokens.next() {
        if token.text == name && tokens.peek().is_some_and(|next| next.text == "=") {
            return token.span;
        }
    }
    call
}

fn operator(operator: ast::MathOperator) -> Operator {
    match operator {
        ast::MathOperator::Add => Operator::Add,
        ast::MathOperator::Sub => Operator::Subtract,
        ast::MathOperator::Mul => Operator::Multiply,
        ast::MathOperator::Div => Operator::Divide,
        ast::MathOperator::Modulo => Operator::Modulo,
    }
}

fn logical(operator: ast::LogicOperator, left: Box<Expr>, right: Box<Expr>) -> Value {
    let comparison = match operator {
        ast::LogicOperator::And => return Value::And(left, right),
        ast::LogicOperator::Or => return Value::Or(left, right),
        ast::LogicOperator::Eq => Comparison::Equal,
        ast::LogicOperator::NotEq => Comparison::NotEqual,
        ast::LogicOperator::Lt => Comparison::Less,
        ast::LogicOperator::Lte => Comparison::LessOrEqual,
        ast::LogicOperator::Gt => Comparison::Greater,
        ast::LogicOperator::Gte => Comparison::GreaterOrEqual,
    };
    Value::Compare(comparison, left, right)
}
