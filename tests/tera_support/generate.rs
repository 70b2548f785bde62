//! Templates and data for property tests: most are valid, many fail when they are rendered, and then all three fail.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A text with what hurts: quotes, backslashes, tags, white space of all kinds, letters that change when their case does.
fn text() -> impl Strategy<Value = String> {
    let hurts = prop::sample::select(vec![
        "a", "B", "z", "0", "1", " ", "\n", "\t", "\r\n", "'", "\"", "\\", "<%", "%>", "<%=",
        "-%>", "#{", "}", "$", "`", "%", "é", "ß", "😀", "\u{a0}", "\u{2028}", "\0", "\u{7f}", ",",
        ".", "/", "&", "<b>", "\\n", "Ä", "x",
    ]);
    prop::collection::vec(hurts, 0..6).prop_map(|parts| parts.concat())
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (-3_i64..12).prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => any::<u64>().prop_map(|number| json!(number)),
        1 => prop::sample::select(vec![i64::MAX, i64::MIN, i64::MAX - 1, 1 << 53, (1 << 53) + 1]).prop_map(|number| json!(number)),
        2 => prop::sample::select(vec![0.0, -0.0, 1.0, 3.0, 0.5, -2.5, 0.1, 1e15, 1e16, 1e17, 1e20, 1e-4, 1e-5, 1e-6, 1e-7, 1e300, 5e-324])
            .prop_map(|number| json!(number)),
        1 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| json!(number)),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => text().prop_map(Value::from),
        3 => number(),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => prop::sample::select(vec!["1", "-2", "1.5", "0x1f", " 7 ", "1e3", "", "true", "a,b,,c", "one two"]).prop_map(Value::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "c", "k"]).prop_map(str::to_owned),
        1 => text(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn list_of(item: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec(item, 0..5).prop_map(Value::from)
}

fn map() -> impl Strategy<Value = Value> {
    prop::collection::vec((key(), value()), 0..4)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()))
}

/// Properties by kind: `s` texts, `i` and `n` numbers, `l` and its like lists, `m` maps, `v` anything, `u` nothing.
pub(crate) fn data() -> impl Strategy<Value = Value> {
    let lists = (
        list_of(value()),
        list_of(number()),
        list_of(text().prop_map(Value::from)),
        list_of(map()),
    );
    let key = prop::sample::select(vec!["a", "b", "c", "k", "0", "1"]);
    (text(), number(), any::<bool>(), lists, map(), value(), value(), key).prop_map(|(s, n, b, (l, ln, ls, lm), m, v, w, k)| {
        json!({"properties": {
            "s": s, "n": n, "b": b, "l": l, "ln": ln, "ls": ls, "lm": lm, "m": m, "v": v, "w": w, "k": k, "u": null
        }})
    })
}

fn path() -> impl Strategy<Value = String> {
    let root = prop::sample::select(vec![
        "s", "n", "b", "l", "ln", "ls", "lm", "m", "v", "w", "u", "k",
    ]);
    let step = prop::sample::select(vec![
        "",
        "",
        "",
        ".a",
        "[0]",
        ".b.c",
        "[\"k\"]",
        ".1",
        "[properties.k]",
        "[properties.n]",
        "['x y']",
    ]);
    prop_oneof![
        5 => (root, step).prop_map(|(root, step)| format!("properties.{root}{step}")),
        2 => prop::sample::select(vec!["x", "y", "x.a", "y[0]"]).prop_map(str::to_owned),
    ]
}

fn literal() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "0",
        "1",
        "-1",
        "2",
        "7",
        "3.0",
        "0.5",
        "9223372036854775807",
        "\"a\"",
        "''",
        "\"1\"",
        "`x'\"y`",
        "\"<% %>\"",
        "true",
        "false",
        "\"#{1}\"",
        "\"\\\\n\"",
    ])
    .prop_map(str::to_owned)
}

fn filter() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "upper",
        "lower",
        "capitalize",
        "trim",
        "trim_start",
        "trim_end",
        "trim_start_matches(pat=\"a\")",
        "trim_end_matches(pat=properties.s)",
        "wordcount",
        "replace(from=\"a\", to=\"'b'\")",
        "replace(from=properties.s, to=\"\\\")",
        "addslashes",
        "split(pat=\",\")",
        "split(pat=properties.s)",
        "indent",
        "indent(prefix=\"> \", first=true, blank=true)",
        "escape",
        "escape_xml",
        "linebreaksbr",
        "urlencode",
        "urlencode_strict",
        "length",
        "reverse",
        "first",
        "last",
        "nth(n=1)",
        "join",
        "join(sep=\", \")",
        "sort",
        "unique",
        "unique(case_sensitive=true)",
        "slice(start=1)",
        "slice(end=-1)",
        "slice(start=properties.n, end=2)",
        "group_by(attribute=\"a\")",
        "filter(attribute=\"a\")",
        "filter(attribute=\"a\", value=properties.v)",
        "map(attribute=\"a\")",
        "map(attribute=\"b.c\")",
        "sort(attribute=\"a\")",
        "unique(attribute=\"a\")",
        "concat(with=properties.v)",
        "concat(with=1)",
        "get(key=\"a\")",
        "get(key=properties.s, default=1.0)",
        "int",
        "int(default=3)",
        "int(base=16)",
        "float",
        "abs",
        "round",
        "round(method=\"floor\", precision=1)",
        "round(precision=2)",
        "round(method=\"ceil\", precision=-1)",
        "pluralize",
        "json_encode",
        "json_encode(pretty=true)",
        "as_str",
        "json",
        "base64_encode",
        "base64_decode",
        "shell_quote",
        "redis_quote",
    ])
    .prop_map(|filter| format!(" | {filter}"))
}

/// A path or a literal with a few filters.
fn filtered() -> impl Strategy<Value = String> {
    let head = prop_oneof![
        6 => path(),
        2 => path().prop_map(|path| format!("{path} | default(value=1)")),
        1 => (path(), path()).prop_map(|(path, other)| format!("{path} | default(value={other})")),
        1 => literal(),
        1 => Just("range(end=4)".to_owned()),
    ];
    let filters = prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(filter(), 1..4)];
    (head, filters).prop_map(|(head, filters)| head + &filters.concat())
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => filtered(),
        2 => prop::sample::select(vec!["properties.n", "1", "2", "-3", "0.5", "3.0", "0"]).prop_map(str::to_owned),
        1 => (path(), prop::sample::select(vec!["+", "-", "*", "/", "%"]), prop::sample::select(vec!["properties.n", "2", "0.5", "0", "7"]))
            .prop_map(|(left, sign, right)| format!("{left} {sign} {right}")),
        1 => (prop::sample::select(vec!["properties.n", "5", "1.5"]), prop::sample::select(vec!["+", "-", "*", "/", "%"]),
              prop::sample::select(vec!["(2 - properties.n)", "(properties.n + 1)", "3"]))
            .prop_map(|(left, sign, right)| format!("{left} {sign} {right}")),
    ]
}

fn comparison() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!["==", "==", "!=", "!=", "<", "<=", ">", ">="]);
    let not = prop::sample::select(vec!["", "", "", "not "]);
    let test = prop::sample::select(vec![
        "defined",
        "undefined",
        "not defined",
        "string",
        "number",
        "odd",
        "even",
        "divisibleby(3)",
        "iterable",
        "object",
        "starting_with(\"a\")",
        "ending_with(properties.s)",
        "containing(\"a\")",
        "containing(properties.v)",
        "not string",
    ]);
    let container = prop::sample::select(vec![
        "properties.l",
        "properties.s",
        "properties.m",
        "properties.v",
        "[\"a\", \"b\"]",
        "[1, properties.w, \"a\"]",
        "\"abc\"",
    ]);
    prop_oneof![
        3 => (not.clone(), operand(), sign, operand()).prop_map(|(not, left, sign, right)| format!("{not}{left} {sign} {right}")),
        2 => (not.clone(), path(), test).prop_map(|(not, path, test)| format!("{not}{path} is {test}")),
        2 => (not.clone(), prop_oneof![path(), literal()], prop::sample::select(vec!["in", "not in"]), container)
            .prop_map(|(not, item, word, container)| format!("{not}{item} {word} {container}")),
        3 => (not, filtered()).prop_map(|(not, value)| format!("{not}{value}")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!["and", "or"]);
    prop_oneof![
        3 => comparison(),
        1 => (comparison(), sign.clone(), comparison()).prop_map(|(left, sign, right)| format!("{left} {sign} {right}")),
        1 => (comparison(), sign.clone(), comparison(), sign, comparison())
            .prop_map(|(one, first, two, second, three)| format!("{one} {first} {two} {second} {three}")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        path(),
        literal().prop_filter("no bool", |text| text != "true" && text != "false")
    ];
    prop_oneof![
        4 => filtered(),
        2 => operand(),
        2 => condition(),
        2 => prop::collection::vec(part, 2..4).prop_map(|parts| parts.join(" ~ ")),
        1 => prop::collection::vec(filtered(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
        1 => filtered().prop_map(|value| format!("self::show(v={value})")),
    ]
}

/// Delimiters with and without white space control.
fn tag(inner: &str, trim: (bool, bool)) -> String {
    format!(
        "{{%{} {inner} {}%}}",
        if trim.0 { "-" } else { "" },
        if trim.1 { "-" } else { "" }
    )
}

fn trims() -> impl Strategy<Value = (bool, bool)> {
    (prop::bool::weighted(0.3), prop::bool::weighted(0.3))
}

fn statement() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        2 => prop::sample::select(vec!["text", " ", "\n", "  line\n", "<%= 1 %>", "%>", "'\"\\", "\t\n\n", "<", "% x\n", "-"]).prop_map(str::to_owned),
        5 => (expression(), trims()).prop_map(|(value, trim)| {
            format!("{{{{{} {value} {}}}}}", if trim.0 { "-" } else { "" }, if trim.1 { "-" } else { "" })
        }),
        1 => (prop::sample::select(vec!["set x", "set y", "set_global x", "set_global y"]), expression(), trims())
            .prop_map(|(set, value, trim)| tag(&format!("{set} = {value}"), trim)),
        1 => Just("{# note #}".to_owned()),
    ];
    plain.prop_recursive(3, 24, 4, |inner| {
        let body = prop::collection::vec(inner, 0..4).prop_map(|parts| parts.concat());
        let list = prop::sample::select(vec![
            "properties.l",
            "properties.ln",
            "properties.ls",
            "properties.lm",
            "properties.lm | concat(with=properties.l)",
            "[1, properties.w]",
            "range(end=3)",
            "properties.ls | sort",
        ]);
        let filter = prop::sample::select(vec![
            "upper",
            "trim",
            "indent(prefix=\"- \", first=true)",
            "length",
            "json_encode",
        ]);
        prop_oneof![
            (
                condition(),
                body.clone(),
                prop::option::of(body.clone()),
                trims()
            )
                .prop_map(|(condition, then, otherwise, trim)| {
                    let otherwise =
                        otherwise.map_or(String::new(), |body| tag("else", trim) + &body);
                    tag(&format!("if {condition}"), trim) + &then + &otherwise + &tag("endif", trim)
                }),
            (list, body.clone(), prop::bool::weighted(0.3), trims()).prop_map(
                |(list, body, empty, trim)| {
                    let empty = if empty {
                        tag("else", trim) + "none"
                    } else {
                        String::new()
                    };
                    let body = format!(
                        "{body}{{{{ item }}}}{{{{ loop.index }}}}{{% if loop.last %}}.{{% endif %}}"
                    );
                    tag(&format!("for item in {list}"), trim)
                        + &body
                        + &empty
                        + &tag("endfor", trim)
                }
            ),
            (body.clone(), trims()).prop_map(|(body, trim)| {
                tag("for key, value in properties.m", trim)
                    + &body
                    + "{{ key }}{{ value }}"
                    + &tag("endfor", trim)
            }),
            (filter, body, trims()).prop_map(|(filter, body, trim)| {
                tag(&format!("filter {filter}"), trim) + &body + &tag("endfilter", trim)
            }),
        ]
    })
}

/// A template.
pub(crate) fn template() -> impl Strategy<Value = String> {
    prop::collection::vec(statement(), 1..5).prop_map(|parts| {
        format!(
            "{{% macro show(v, w=\"w\") %}}<{{{{ v }}}}{{{{ w }}}}>{{% endmacro %}}{}",
            parts.concat()
        )
    })
}
