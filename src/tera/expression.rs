//! Expressions: values, conditions, numbers, filters, calls.
//!
//! Tera evaluates the same expression differently as a value, as a condition and as an operand; each has its function here, and
//! what one of them would ignore or panic on is refused.

use super::code::{Code, Level, Type};
use super::compiler::Compiler;
use super::names::nothing;
use super::path::Path;
use super::ruby::{inside, quote};
use super::table::{self, Emit, FILTERS, FUNCTIONS, Kind, Parameter, Row, TESTS};
use super::tree::{Argument, Call, Comparison, Expr, Operator, Test, Value};
use crate::nearest::nearest;
use crate::source::Span;

/// Integers are these.
const INT: (i128, i128) = (i64::MIN as i128, i64::MAX as i128);

impl Compiler<'_> {
    /// What is printed: text that is known already, or Ruby whose `to_s` is right.
    pub(super) fn printed(&mut self, expr: &Expr) -> Result<String, Code> {
        if expr.filters.is_empty() && !expr.negated {
            match &expr.value {
                Value::Text(text) => return Ok(text.clone()),
                Value::Int(number) => return Ok(number.to_string()),
                Value::Float(number) => return Ok(number.to_string()),
                Value::Bool(value) => return Ok(value.to_string()),
                Value::Math(..) => {
                    let code = self.raw_number(expr);
                    return Err(self.as_text(code));
                }
                _ => {}
            }
        }
        let code = self.value(expr);
        Err(self.as_text(code))
    }

    /// A value as Tera prints it.
    fn as_text(&mut self, code: Code) -> Code {
        match code.kind {
            Type::Text | Type::Bool | Type::Int(..) => code,
            _ if code.ruby.starts_with("raise(") => code,
            _ => {
                let text = self.helper("text");
                Code::whole(format!("{text}.({})", code.ruby), Type::Text)
            }
        }
    }

    /// The value of an expression; fails when a name is not there.
    pub(super) fn value(&mut self, expr: &Expr) -> Code {
        if matches!(
            expr.value,
            Value::Compare(..) | Value::And(..) | Value::Or(..)
        ) {
            // A negation is applied twice, which shows where numbers are compared with what is none.
            let code = self.logic(&expr.value, expr.negated);
            return if expr.negated { code.negated() } else { code };
        }
        if let (Value::Path(path), true) = (&expr.value, expr.negated) {
            return self.negated_path(path, &expr.filters);
        }
        let code = self.filtered_value(expr);
        if expr.negated {
            self.truth(&code).negated()
        } else {
            code
        }
    }

    /// The value with its filters, not negated.
    fn filtered_value(&mut self, expr: &Expr) -> Code {
        if let (Value::Path(path), Some((first, rest))) = (&expr.value, expr.filters.split_first())
            && first.name == "default"
        {
            let code = self.or_default(path, first);
            return self.filtered(code, rest);
        }
        let code = self.plain_value(&expr.value, expr.span);
        self.filtered(code, &expr.filters)
    }

    fn plain_value(&mut self, value: &Value, span: Span) -> Code {
        match value {
            Value::Text(text) => Code::literal(quote(text), Type::Text),
            Value::Int(number) => Code::literal(number.to_string(), Type::Int(*number, *number)),
            Value::Float(number) => Code::literal(format!("{number:?}"), Type::Number),
            Value::Bool(value) => Code::literal(value.to_string(), Type::Bool),
            Value::Path(path) => self.strict(path),
            Value::List(items) => {
                let items: Vec<Code> = items.iter().map(|item| self.value(item)).collect();
                let literal = items.iter().all(|item| item.literal);
                let ruby: Vec<&str> = items.iter().map(|item| item.ruby.as_str()).collect();
                Code {
                    literal,
                    ..Code::whole(format!("[{}]", ruby.join(", ")), Type::List)
                }
            }
            Value::Concat(parts) => self.concat(parts, span),
            Value::Math(operator, left, right) => {
                let code = self.math(*operator, left, right);
                if code.kind != Type::Quotient {
                    return code;
                }
                let settled = self.helper("settled");
                Code::whole(format!("{settled}.({})", code.ruby), Type::Any)
            }
            Value::Compare(..) | Value::And(..) | Value::Or(..) => self.logic(value, false),
            Value::In {
                item,
                container,
                negated,
            } => self.inside(item, container, *negated),
            Value::Test { path, call } => self.test(path, call),
            Value::Macro { space, call } => self.macro_call(space, call),
            Value::Function(call) => self.function(call),
        }
    }

    /// `not` of a path: what is not there counts as false, whatever filters would make of it.
    fn negated_path(&mut self, path: &Path, filters: &[Call]) -> Code {
        let expr = |filters: &[Call]| Expr {
            value: Value::Path(path.clone()),
            filters: filters.to_vec(),
            negated: false,
            span: path.span,
        };
        if filters.iter().all(|filter| filter.name == "safe") {
            let soft = self.soft(path);
            return self.truth(&soft).negated();
        }
        let filtered = self.filtered_value(&expr(filters));
        let opposite = self.truth(&filtered).negated();
        if filters
            .first()
            .is_some_and(|filter| filter.name == "default")
        {
            return opposite;
        }
        let missing = self.defined(path).negated();
        let ruby = format!("{} || {}", missing.at(Level::Or), opposite.at(Level::And));
        Code::of(Level::Or, ruby, Type::Bool)
    }

    /// A path with `default` behind it.
    fn or_default(&mut self, path: &Path, call: &Call) -> Code {
        let arguments = self.arguments(call, FILTERS.iter().find(|row| row.name == "default"));
        let default = arguments
            .into_iter()
            .next()
            .flatten()
            .unwrap_or_else(nothing);
        if let Some(name) = self.plain_property(path)
            && default.literal
        {
            return Code::whole(format!("p({}, {})", quote(&name), default.ruby), Type::Any);
        }
        if path.root == "links" && path.steps.len() == 1 {
            self.fault(
                path.span,
                format!("`{}` is a link: name what you want of it", path.text),
            );
            return nothing();
        }
        let soft = self.soft(path);
        let either = self.helper("either");
        let kind = soft.kind.join(default.kind);
        Code::whole(
            format!("{either}.({}) {{ {} }}", soft.ruby, default.ruby),
            kind,
        )
    }

    /// A value as a condition.
    fn truth(&mut self, code: &Code) -> Code {
        match code.kind {
            Type::Bool => code.clone(),
            Type::Int(..) => Code::of(
                Level::Compare,
                format!("{} != 0", code.at(Level::Add)),
                Type::Bool,
            ),
            Type::Text => {
                let ruby = format!("!{}.empty?", code.at(Level::Whole));
                Code::of(Level::Multiply, ruby, Type::Bool)
            }
            _ => {
                let truthy = self.helper("truthy");
                Code::whole(format!("{truthy}.({})", code.ruby), Type::Bool)
            }
        }
    }

    /// An expression as a condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Code {
        let plain = match &expr.value {
            Value::Path(path) => return self.path_condition(expr, path),
            Value::Compare(..) | Value::And(..) | Value::Or(..) => {
                return self.logic(&expr.value, expr.negated);
            }
            _ if !expr.filters.is_empty() => {
                let what = "Tera ignores this filter: only names are filtered in a condition";
                let hint = "set a variable, and ask that; or compare";
                self.fault_with_hint(expr.filters[0].span, what, Some(hint.to_owned()));
                return nothing();
            }
            Value::List(_) => {
                self.fault(expr.span, "A list is no condition");
                return nothing();
            }
            Value::Function(call) if call.name == "range" => {
                self.fault(call.span, "A list is no condition");
                return nothing();
            }
            Value::Math(..) => {
                let code = self.raw_number(expr);
                let zero = if code.kind == Type::Quotient {
                    Code::of(
                        Level::Multiply,
                        format!("![0, :NaN].include?({})", code.ruby),
                        Type::Bool,
                    )
                } else {
                    Code::of(
                        Level::Compare,
                        format!("{} != 0", code.at(Level::Add)),
                        Type::Bool,
                    )
                };
                return if expr.negated { zero.negated() } else { zero };
            }
            Value::Float(number) => Code::literal((*number != 0.0).to_string(), Type::Bool),
            Value::Int(number) => Code::literal((*number != 0).to_string(), Type::Bool),
            Value::Text(text) => Code::literal((!text.is_empty()).to_string(), Type::Bool),
            value => self.plain_value(value, expr.span),
        };
        let code = self.truth(&plain);
        if expr.negated { code.negated() } else { code }
    }

    /// A path as a condition: what is not there, and what its filters fail on, counts as false.
    fn path_condition(&mut self, expr: &Expr, path: &Path) -> Code {
        let filters: Vec<&Call> = expr
            .filters
            .iter()
            .filter(|call| call.name != "safe")
            .collect();
        let harmless = match filters.as_slice() {
            [] => true,
            [only] => {
                only.name == "default"
                    && only
                        .arguments
                        .iter()
                        .all(|argument| is_literal(&argument.value))
            }
            _ => false,
        };
        if harmless {
            let code = if filters.is_empty() {
                self.soft(path)
            } else {
                self.filtered_value(expr)
            };
            let truth = self.truth(&code);
            return if expr.negated { truth.negated() } else { truth };
        }
        let filtered = self.filtered_value(expr);
        let truth = self.truth(&filtered);
        let attempt = self.helper("attempt");
        let wanted = if expr.negated { truth.negated() } else { truth };
        let tried = Code::whole(format!("{attempt}.call {{ {} }}", wanted.ruby), Type::Bool);
        let has_default = filters.first().is_some_and(|call| call.name == "default");
        if !expr.negated || has_default {
            return tried;
        }
        let missing = self.defined(path).negated();
        Code::of(
            Level::Or,
            format!("{} || {}", missing.at(Level::Or), tried.ruby),
            Type::Bool,
        )
    }

    /// `and`, `or`, comparisons.
    fn logic(&mut self, value: &Value, negated: bool) -> Code {
        match value {
            Value::And(left, right) => self.both(Level::And, "&&", left, right),
            Value::Or(left, right) => self.both(Level::Or, "||", left, right),
            Value::Compare(sign, left, right) => match (sign, negated) {
                (Comparison::Equal, false) | (Comparison::NotEqual, true) => {
                    self.equal(left, right)
                }
                (Comparison::NotEqual, false) | (Comparison::Equal, true) => {
                    self.differ(left, right)
                }
                (sign, negated) => {
                    let left = self.compared(left).at(Level::Add);
                    let right = self.compared(right).at(Level::Add);
                    let code = Code::of(
                        Level::Compare,
                        format!("{left} {} {right}", sign.sign()),
                        Type::Bool,
                    );
                    if negated { code.negated() } else { code }
                }
            },
            _ => nothing(),
        }
    }

    fn both(&mut self, level: Level, sign: &str, left: &Expr, right: &Expr) -> Code {
        let left = self.condition(left).at(level);
        let right = self.condition(right).at(level);
        Code::of(level, format!("{left} {sign} {right}"), Type::Bool)
    }

    fn equal(&mut self, left: &Expr, right: &Expr) -> Code {
        let (left, right) = (self.value(left), self.value(right));
        if left.kind.compares_plainly() || right.kind.compares_plainly() {
            let ruby = format!("{} == {}", left.at(Level::Add), right.at(Level::Add));
            return Code::of(Level::Compare, ruby, Type::Bool);
        }
        let equal = self.helper("equal");
        Code::whole(
            format!("{equal}.({}, {})", left.ruby, right.ruby),
            Type::Bool,
        )
    }

    fn differ(&mut self, left: &Expr, right: &Expr) -> Code {
        let (left, right) = (self.value(left), self.value(right));
        let alike = match (left.kind, right.kind) {
            (Type::Int(..), Type::Int(..)) => {
                left.kind.compares_plainly() && right.kind.compares_plainly()
            }
            (one, other) => one == other && matches!(one, Type::Text | Type::Bool),
        };
        if alike {
            let ruby = format!("{} != {}", left.at(Level::Add), right.at(Level::Add));
            return Code::of(Level::Compare, ruby, Type::Bool);
        }
        let differ = self.helper("differ");
        Code::whole(
            format!("{differ}.({}, {})", left.ruby, right.ruby),
            Type::Bool,
        )
    }

    /// An operand of `<` and its like.
    fn compared(&mut self, expr: &Expr) -> Code {
        let code = self.raw_number(expr);
        if code.kind.is_exact_number() {
            return code;
        }
        let number = self.helper("number");
        Code::whole(format!("{number}.({})", code.ruby), Type::Number)
    }

    /// A number to calculate with; what else it may be is left to the helpers.
    fn raw_number(&mut self, expr: &Expr) -> Code {
        if !expr.filters.is_empty() {
            return self.value(expr);
        }
        let wrong = match &expr.value {
            Value::Math(operator, left, right) => return self.math(*operator, left, right),
            Value::Path(_) | Value::Int(_) | Value::Float(_) | Value::Function(_) => None,
            Value::Text(_) | Value::Concat(_) => Some("a text"),
            Value::Bool(_)
            | Value::Test { .. }
            | Value::In { .. }
            | Value::Compare(..)
            | Value::And(..)
            | Value::Or(..) => Some("true or false"),
            Value::List(_) => Some("a list"),
            Value::Macro { .. } => Some("a text; use the filter `int` or `float`"),
        };
        if let Some(what) = wrong {
            self.fault(
                expr.span,
                format!("Here a number is needed, and this is {what}"),
            );
            return nothing();
        }
        let code = self.plain_value(&expr.value, expr.span);
        if matches!(code.kind, Type::Text | Type::Bool | Type::List | Type::Map) {
            self.fault(expr.span, "Here a number is needed, and this is none");
        }
        code
    }

    fn math(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Code {
        let (left, right) = (self.raw_number(left), self.raw_number(right));
        if let Some(kind) = small_result(operator, left.kind, right.kind) {
            let level = if operator == Operator::Multiply {
                Level::Multiply
            } else {
                Level::Add
            };
            let right_level = if operator == Operator::Subtract {
                Level::Multiply
            } else {
                level
            };
            let ruby = format!(
                "{} {} {}",
                left.at(level),
                operator.sign(),
                right.at(right_level)
            );
            return Code::of(level, ruby, kind);
        }
        let arithmetic = self.helper("arithmetic");
        let ruby = format!(
            "{arithmetic}.({}, :{}, {})",
            left.ruby,
            operator.sign(),
            right.ruby
        );
        let whole = |kind| matches!(kind, Type::Int(..));
        let kind = match operator {
            Operator::Add | Operator::Subtract | Operator::Multiply
                if whole(left.kind) && whole(right.kind) =>
            {
                Type::Number
            }
            _ => Type::Quotient,
        };
        Code::whole(ruby, kind)
    }

    fn concat(&mut self, parts: &[Value], span: Span) -> Code {
        let mut ruby = String::new();
        for part in parts {
            match part {
                Value::Text(text) => ruby.push_str(&inside(text)),
                Value::Int(number) => ruby.push_str(&number.to_string()),
                Value::Float(number) => ruby.push_str(&number.to_string()),
                part => {
                    let code = self.plain_value(part, span);
                    let known = matches!(code.kind, Type::Text | Type::Int(..));
                    let shown = if known {
                        code.ruby
                    } else {
                        format!("{}.({})", self.helper("part"), code.ruby)
                    };
                    ruby.push_str("#{");
                    ruby.push_str(&shown);
                    ruby.push('}');
                }
            }
        }
        Code::whole(format!("\"{ruby}\""), Type::Text)
    }

    fn inside(&mut self, item: &Expr, container: &Expr, negated: bool) -> Code {
        let plain = matches!(&container.value, Value::List(items) if container.filters.is_empty() && items.iter().all(is_word));
        let item = self.value(item);
        let container = self.value(container);
        let code = if plain {
            Code::whole(
                format!("{}.include?({})", container.ruby, item.ruby),
                Type::Bool,
            )
        } else {
            let includes = self.helper("includes");
            Code::whole(
                format!("{includes}.({}, {})", container.ruby, item.ruby),
                Type::Bool,
            )
        };
        if negated { code.negated() } else { code }
    }

    fn test(&mut self, path: &Path, call: &Test) -> Code {
        let Some(row) = self.row(TESTS, "test", &call.name, call.span) else {
            return nothing();
        };
        if call.arguments.len() != row.parameters.len() {
            let what = format!(
                "The test `{}` takes {} arguments, not {}",
                call.name,
                row.parameters.len(),
                call.arguments.len()
            );
            self.fault(call.span, what);
            return nothing();
        }
        let code = match row.name {
            "defined" => self.defined(path),
            "undefined" => self.defined(path).negated(),
            _ => {
                let value = self.strict(path);
                let pairs = row.parameters.iter().zip(&call.arguments);
                let arguments: Vec<Code> = pairs
                    .map(|(parameter, expr)| self.argument(parameter, expr, expr.span))
                    .collect();
                let given: Vec<Option<Code>> = arguments.into_iter().map(Some).collect();
                self.emit(row, value, &given)
            }
        };
        if call.negated { code.negated() } else { code }
    }

    /// The row of a name, unless there is none or it is there to refuse.
    fn row(
        &mut self,
        rows: &'static [Row],
        what: &str,
        name: &str,
        span: Span,
    ) -> Option<&'static Row> {
        let Some(row) = table::find(rows, name) else {
            let known = rows
                .iter()
                .filter(|row| row.refused().is_none())
                .map(|row| row.name);
            let hint = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            self.fault_with_hint(span, format!("There is no {what} `{name}`"), hint);
            return None;
        };
        if let Some(why) = row.refused() {
            self.fault(span, format!("The {what} `{name}` is not supported: {why}"));
            return None;
        }
        Some(row)
    }

    /// A value behind filters.
    pub(super) fn filtered(&mut self, code: Code, filters: &[Call]) -> Code {
        let mut code = code;
        for call in filters {
            code = match call.name.as_str() {
                "default" => {
                    let what =
                        "Tera ignores `default` here: it has to be the first filter, behind a name";
                    self.fault(call.span, what);
                    nothing()
                }
                _ => match self.row(FILTERS, "filter", &call.name, call.span) {
                    Some(row) => self.filter(row, code, call),
                    None => nothing(),
                },
            };
        }
        code
    }

    fn filter(&mut self, row: &'static Row, code: Code, call: &Call) -> Code {
        let arguments = self.arguments(call, Some(row));
        let second = |index: usize| arguments.get(index).cloned().flatten();
        match row.name {
            "safe" => code,
            "json" | "json_encode" => {
                let pretty = second(0).is_some_and(|code| code.ruby == "true");
                let json = self.helper(if pretty { "pretty_json" } else { "json" });
                Code::whole(format!("{json}.({})", code.ruby), Type::Text)
            }
            "get" => {
                let map = self.helper("map");
                let key = second(0).unwrap_or_else(nothing);
                let ruby = match second(1) {
                    Some(default) => format!(
                        "{map}.({}).fetch({}, {})",
                        code.ruby, key.ruby, default.ruby
                    ),
                    None => format!("{map}.({}).fetch({})", code.ruby, key.ruby),
                };
                Code::whole(ruby, Type::Any)
            }
            _ => self.emit(row, code, &arguments),
        }
    }

    /// The Ruby of a row.
    fn emit(&mut self, row: &'static Row, value: Code, arguments: &[Option<Code>]) -> Code {
        let given = arguments
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1);
        let filled: Vec<String> = arguments
            .iter()
            .take(given)
            .zip(row.parameters)
            .map(|(code, parameter)| match code {
                Some(code) => code.ruby.clone(),
                None => parameter.default.unwrap_or("nil").to_owned(),
            })
            .collect();
        match row.emit {
            Emit::Method(method) => {
                Code::whole(format!("{}.{method}", value.at(Level::Whole)), row.result)
            }
            Emit::Helper(name) => {
                let name = self.helper(name);
                let all: Vec<String> = std::iter::once(value.ruby).chain(filled).collect();
                Code::whole(format!("{name}.({})", all.join(", ")), row.result)
            }
            Emit::Ruby(pattern, helpers) => {
                self.helpers.extend(helpers);
                let subject = if pattern.starts_with("{0}") {
                    value.at(Level::Whole)
                } else {
                    value.ruby
                };
                Code::whole(fill(pattern, &subject, &filled), row.result)
            }
            Emit::Special | Emit::Refused(_) => nothing(),
        }
    }

    /// The arguments of a call in the order of the row's parameters.
    fn arguments(&mut self, call: &Call, row: Option<&'static Row>) -> Vec<Option<Code>> {
        let parameters = row.map_or(&[][..], |row| row.parameters);
        for argument in &call.arguments {
            if !parameters
                .iter()
                .any(|parameter| parameter.name == argument.name)
            {
                let near = nearest(
                    &argument.name,
                    parameters.iter().map(|parameter| parameter.name),
                );
                let hint = near.map(|near| format!("did you mean `{near}`?"));
                let what = format!("`{}` takes no argument `{}`", call.name, argument.name);
                self.fault_with_hint(argument.span, what, hint);
            }
        }
        let find = |parameter: &Parameter| {
            call.arguments
                .iter()
                .find(|argument| argument.name == parameter.name)
        };
        let given: Vec<(&Parameter, Option<&Argument>)> = parameters
            .iter()
            .map(|parameter| (parameter, find(parameter)))
            .collect();
        given
            .into_iter()
            .map(|(parameter, argument)| {
                if let Some(argument) = argument {
                    return Some(self.argument(parameter, &argument.value, argument.span));
                }
                if parameter.default.is_none() {
                    let words = parameter.kind.words();
                    let what = format!(
                        "`{}` needs the argument `{}`: {words}",
                        call.name, parameter.name
                    );
                    self.fault(call.span, what);
                }
                None
            })
            .collect()
    }

    /// An argument as its parameter wants it.
    fn argument(&mut self, parameter: &Parameter, expr: &Expr, span: Span) -> Code {
        let literal = if expr.filters.is_empty() && !expr.negated {
            Some(&expr.value)
        } else {
            None
        };
        let written = match (parameter.kind, literal) {
            (Kind::Keys, Some(Value::Text(text))) if is_dotted(text) => Some(keys(text)),
            (Kind::OneOf(words), Some(Value::Text(text))) if words.contains(&text.as_str()) => {
                Some(quote(text))
            }
            (Kind::Between(least, most), Some(Value::Int(number)))
                if (least..=most).contains(number) =>
            {
                Some(number.to_string())
            }
            (Kind::Switch, Some(Value::Bool(value))) => Some(value.to_string()),
            (Kind::Pattern, Some(Value::Text(text))) => {
                Some(quote(&text.replace("\\n", "\n").replace("\\t", "\t")))
            }
            _ => None,
        };
        if let Some(ruby) = written {
            return Code::literal(ruby, Type::Any);
        }
        if matches!(
            parameter.kind,
            Kind::Keys | Kind::OneOf(_) | Kind::Between(..) | Kind::Switch
        ) {
            self.fault(
                span,
                format!("`{}` has to be {}", parameter.name, parameter.kind.words()),
            );
            return nothing();
        }
        let code = self.value(expr);
        let helper = match (parameter.kind, code.kind) {
            (Kind::Any, _)
            | (Kind::Text, Type::Text)
            | (Kind::Flag, Type::Bool)
            | (Kind::Integer | Kind::Number, Type::Int(..))
            | (Kind::Number, Type::Number) => None,
            (Kind::Whole, Type::Int(least, _)) if least >= 0 => None,
            (Kind::Pattern, Type::Text | Type::Any) => Some("unescape"),
            (Kind::Text, Type::Any) => Some("string"),
            (Kind::Flag, Type::Any) => Some("flag"),
            (Kind::Integer, Type::Any | Type::Number) => Some("integer"),
            (Kind::Whole, Type::Any | Type::Number) => Some("whole"),
            (Kind::Number, Type::Any | Type::Quotient) => Some("number"),
            _ => {
                self.fault(
                    span,
                    format!("`{}` has to be {}", parameter.name, parameter.kind.words()),
                );
                None
            }
        };
        match helper {
            Some(helper) => {
                let helper = self.helper(helper);
                Code::whole(format!("{helper}.({})", code.ruby), code.kind)
            }
            None => code,
        }
    }

    fn function(&mut self, call: &Call) -> Code {
        let Some(row) = self.row(FUNCTIONS, "function", &call.name, call.span) else {
            return nothing();
        };
        let arguments = self.arguments(call, Some(row));
        let ruby = |index: usize| {
            arguments
                .get(index)
                .cloned()
                .flatten()
                .map(|code| code.ruby)
        };
        if row.name == "throw" {
            return Code::whole(format!("raise({})", ruby(0).unwrap_or_default()), Type::Any);
        }
        let (end, start, step) = (ruby(0), ruby(1), ruby(2));
        if let (None, None, Some(end)) = (
            &start,
            &step,
            end.as_deref().and_then(|end| end.parse::<u32>().ok()),
        ) {
            return Code::whole(format!("(0...{end}).to_a"), Type::List);
        }
        self.helper("range");
        range([end, start, step])
    }
}

/// A call of the helper, without the arguments that it has anyway.
fn range(arguments: [Option<String>; 3]) -> Code {
    let [end, start, step] = arguments;
    let mut all = vec![end.unwrap_or_default()];
    if start.is_some() || step.is_some() {
        all.push(start.unwrap_or_else(|| "0".to_owned()));
    }
    all.extend(step);
    Code::whole(format!("range.({})", all.join(", ")), Type::List)
}

/// The result of whole numbers that cannot leave 64 bits.
fn small_result(operator: Operator, left: Type, right: Type) -> Option<Type> {
    let (Type::Int(a, b), Type::Int(c, d)) = (left, right) else {
        return None;
    };
    let [a, b, c, d] = [a, b, c, d].map(i128::from);
    let ends = match operator {
        Operator::Add => [a + c, b + d, a + c, b + d],
        Operator::Subtract => [a - d, b - c, a - d, b - c],
        Operator::Multiply => [a * c, a * d, b * c, b * d],
        Operator::Divide | Operator::Modulo => return None,
    };
    let (low, high) = (ends.into_iter().min()?, ends.into_iter().max()?);
    if low < INT.0 || high > INT.1 {
        return None;
    }
    Some(Type::Int(
        i64::try_from(low).ok()?,
        i64::try_from(high).ok()?,
    ))
}

/// Puts values into a pattern in one pass, so that what looks like a place in them stays.
fn fill(pattern: &str, value: &str, arguments: &[String]) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('{') {
        let index = rest
            .as_bytes()
            .get(at + 1)
            .filter(|_| rest.as_bytes().get(at + 2) == Some(&b'}'));
        filled.push_str(&rest[..at]);
        match index.and_then(|byte| char::from(*byte).to_digit(10)) {
            Some(0) => filled.push_str(value),
            Some(index) => filled.push_str(
                arguments
                    .get(index as usize - 1)
                    .map_or("nil", String::as_str),
            ),
            None => {
                filled.push('{');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 3..];
    }
    filled + rest
}

fn is_literal(expr: &Expr) -> bool {
    expr.filters.is_empty()
        && matches!(
            expr.value,
            Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)
        )
}

/// Whether equality with it is Ruby's `==`.
fn is_word(expr: &Expr) -> bool {
    expr.filters.is_empty()
        && !expr.negated
        && matches!(expr.value, Value::Text(_) | Value::Bool(_))
}

fn is_dotted(text: &str) -> bool {
    let key = |key: &str| {
        !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c))
    };
    text.split('.').all(key)
}

fn keys(text: &str) -> String {
    let keys: Vec<String> = text.split('.').map(quote).collect();
    keys.join(", ")
}
