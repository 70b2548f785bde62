//! The files of `tests/ruby`, as `tests/ruby.rs` describes them.

#![allow(dead_code, reason = "one of those who read them only wants the code")]

/// Code and what is expected of it.
pub(crate) struct Case {
    /// Where its code begins.
    pub(crate) line: usize,
    pub(crate) code: String,
    /// The line with its mark.
    pub(crate) expected: String,
}

/// The cases of a file.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut found = Vec::new();
    let (mut code, mut start) = (String::new(), 0);
    for (number, line) in text.lines().enumerate() {
        if ["=> ", "!! ", "?? "]
            .iter()
            .any(|mark| line.starts_with(mark))
        {
            let case = Case {
                line: start,
                code: std::mem::take(&mut code),
                expected: line.to_owned(),
            };
            found.push(case);
        } else if !(code.is_empty() && (line.trim().is_empty() || line.starts_with('#'))) {
            if code.is_empty() {
                start = number + 1;
            }
            code.push_str(line);
            code.push('\n');
        }
    }
    assert!(
        code.trim().is_empty(),
        "line {start}: a case without expectation"
    );
    found
}
