//! Programs as ERB 4.0.4 made them, and the way back.

use proptest::prelude::*;

use super::*;

/// One JSON object a line: `template` and the `code` that Ruby's ERB makes of it.
const RECORDED: &str = include_str!("../../tests/erb/generated.jsonl");

fn recorded() -> Vec<(String, String)> {
    let text = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap().to_owned();
    RECORDED
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|line: serde_json::Value| (text(&line, "template"), text(&line, "code")))
        .collect()
}

/// What must hold for every program.
fn check_map(template: &str, program: &Program) {
    let mut end = 0;
    for segment in &program.segments {
        assert_eq!(segment.code.start, end, "{template:?}");
        assert!(!segment.code.is_empty(), "{template:?}");
        end = segment.code.end;
        if segment.verbatim {
            let origin = segment.template..segment.template + segment.code.len();
            assert_eq!(
                &program.code[segment.code.clone()],
                &template[origin],
                "{template:?}"
            );
        }
    }
    assert_eq!(end, program.code.len(), "{template:?}");
}

/// Line breaks of the code are those of the template: where code is the user's, Ruby's line is the template's.
fn check_lines(template: &str, program: &Program) {
    let shift = usize::from(program.code.starts_with("#coding:UTF-8\n#frozen-string"));
    for segment in program.segments.iter().filter(|segment| segment.verbatim) {
        for at in segment.code.clone() {
            assert_eq!(
                program.template_line(at) + shift,
                program.ruby_line(at),
                "{template:?}"
            );
        }
    }
}

/// The text of a program that only prints text.
fn printed(code: &str) -> Vec<u8> {
    let body = code.strip_prefix("#coding:UTF-8\n_erbout = +''; ").unwrap();
    let mut text = Vec::new();
    let mut statements = body;
    while let Some(literal) = statements.strip_prefix("_erbout.<< \"") {
        let rest = read_literal(literal, &mut text).strip_prefix(".freeze");
        let rest = rest.unwrap().trim_start_matches('\n');
        statements = rest.strip_prefix("; ").unwrap();
    }
    assert_eq!(statements, "_erbout");
    text
}

/// Appends what a literal says; what follows its closing quote.
fn read_literal<'c>(code: &'c str, text: &mut Vec<u8>) -> &'c str {
    let mut bytes = code.bytes();
    loop {
        match bytes.next().unwrap() {
            b'"' => return &code[code.len() - bytes.len()..],
            b'\\' => text.push(unescape(&mut bytes)),
            byte => {
                assert!(matches!(byte, b' '..=b'~'));
                text.push(byte);
            }
        }
    }
}

fn unescape(bytes: &mut std::str::Bytes<'_>) -> u8 {
    match bytes.next().unwrap() {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'f' => 0x0c,
        b'v' => 0x0b,
        b'b' => 0x08,
        b'a' => 0x07,
        b'e' => 0x1b,
        b'x' => {
            let digits: Vec<u8> = bytes.take(2).collect();
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        }
        other => other,
    }
}

#[test]
fn programs_are_those_of_ruby() {
    let recorded = recorded();
    assert!(recorded.len() > 800);
    let mut wrong = Vec::new();
    for (template, code) in &recorded {
        let program = compile(template);
        check_map(template, &program);
        check_lines(template, &program);
        if program.code != *code {
            wrong.push(format!("{template:?}\n  {:?}\n  {code:?}", program.code));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// Template, a piece of the code, offset and line in the template, Ruby's line.
const PLACES: &[(&str, &str, usize, usize, usize)] = &[
    ("a\n<%= foo %>", "foo", 6, 2, 2),
    ("a\n<%= foo %>", ".<<((", 2, 2, 2),
    ("a\n<%= foo %>", ").to_s", 10, 2, 2),
    ("a\n<%=\n foo\n%>b", ").to_s", 11, 4, 4),
    ("x<% a %>yy\nz<% b %>", "yy\\nz", 8, 1, 1),
    ("x<% a %>yy\nz<% b %>", " b ", 14, 2, 2),
    ("<% '%%>' + b %>", "+ b", 9, 1, 1),
    ("  <%- a -%>\nb<% c", " a ", 5, 1, 1),
    ("  <%- a -%>\nb<% c", "\" c\"", 15, 2, 2),
    ("<% a\r\n%>\r\n<% b %>", " b ", 12, 3, 3),
    ("<%# x\n\n y %>z<% b %>", " b ", 15, 3, 3),
    ("<%# frozen_string_literal: 1 %>\n<% b %>", " b ", 34, 2, 3),
    ("<% if x %>\n", "; _erbout", 11, 2, 2),
];

#[test]
fn places_are_found_again() {
    for (template, piece, offset, line, ruby_line) in PLACES {
        let program = compile(template);
        let at = program.code.rfind(piece).unwrap();
        let found = (
            program.template_offset(at),
            program.template_line(at),
            program.ruby_line(at),
        );
        assert_eq!(
            found,
            (*offset, *line, *ruby_line),
            "{template:?} {piece:?}: {}",
            program.code
        );
    }
}

#[test]
fn behind_the_code_is_behind_the_template() {
    let program = compile("a\n<% b %>\n");
    assert_eq!(program.template_offset(usize::MAX), 10);
    assert_eq!(program.template_line(usize::MAX), 3);
    assert_eq!(program.ruby_line(usize::MAX), 3);
}

#[test]
fn other_encodings_are_named() {
    for (template, coding) in [
        ("<%# coding: latin1 %>", Some("latin1")),
        ("<%# -*- coding: US-ASCII-unix -*- %>", Some("US-ASCII")),
        ("<%# coding: utf8 %>", Some("utf8")),
        ("<%# coding: utf-8 %>", None),
        (" <%# coding: latin1 %>", None),
    ] {
        assert_eq!(compile(template).foreign_coding(), coding, "{template:?}");
    }
}

#[test]
fn hostile_templates_take_linear_time() {
    let count = 50_000;
    for part in [
        "<%",
        "<%%",
        "<%-",
        "<%= ",
        "<%#",
        "%>",
        "<%-%>",
        "<%= x %>",
        "  <%- x -%>\n",
        "\n",
        "\t",
        " <%-",
        "<%%>",
        "-*-",
        "coding ",
        "é",
    ] {
        for head in ["", "<%# ", "<%", " "] {
            let template = format!("{head}{}", part.repeat(count));
            let program = compile(&template);
            assert!(program.code.len() <= 64 + template.len() * 8);
            assert!(program.segments.len() <= 8 + template.len() * 2);
            assert!(program.template_line(program.code.len() / 2) <= template.len());
        }
    }
}

proptest! {
    #[test]
    fn text_without_tags_comes_out_as_it_is(text in any::<String>()) {
        let text = text.replace("<%", "<");
        let program = compile(&text);
        check_map(&text, &program);
        prop_assert_eq!(printed(&program.code), text.into_bytes());
    }

    #[test]
    fn escaped_openers_come_out_as_openers(text in "[<%#{\"\\\\\n\r\té]{0,40}") {
        let program = compile(&text.replace("<%", "<%%"));
        prop_assert_eq!(printed(&program.code), text.into_bytes());
    }

    #[test]
    fn anything_is_a_template(parts in prop::collection::vec(prop_oneof![
        Just("<%"), Just("<%="), Just("<%-"), Just("<%#"), Just("<%%"), Just("%>"), Just("-%>"), Just("%%>"), Just("\n"),
        Just("\r\n"), Just(" "), Just("\t"), Just("é"), Just("x"), Just("-"), Just("%"), Just("#"), Just("\0"),
    ], 0..40)) {
        let template = parts.concat();
        let program = compile(&template);
        check_map(&template, &program);
        check_lines(&template, &program);
        for at in 0..=program.code.len() {
            prop_assert!(program.template_offset(at) <= template.len());
        }
    }
}
