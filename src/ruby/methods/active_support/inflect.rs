//! English words in the singular and plural, as ActiveSupport's rules make them.
//!
//! Rules look at the end of a word without regard to case; the first that fits decides. What a rule adds is in small
//! letters, the rest of the word stays.

/// Endings: what the word ends with, how much of that goes, what comes.
type Rule = (&'static [&'static str], usize, &'static str);

const UNCOUNTABLE: [&str; 10] = [
    "equipment",
    "information",
    "rice",
    "money",
    "species",
    "series",
    "fish",
    "sheep",
    "jeans",
    "police",
];

const IRREGULAR: [(&str, &str); 6] = [
    ("person", "people"),
    ("man", "men"),
    ("child", "children"),
    ("sex", "sexes"),
    ("move", "moves"),
    ("zombie", "zombies"),
];

fn cut(word: &str, count: usize, added: &str) -> String {
    let kept = word.len().saturating_sub(count);
    format!("{}{added}", word.get(..kept).unwrap_or(word))
}

fn by_rules(word: &str, small: &str, rules: &[Rule]) -> Option<String> {
    let rule = rules
        .iter()
        .find(|(endings, ..)| endings.iter().any(|ending| small.ends_with(ending)))?;
    Some(cut(word, rule.1, rule.2))
}

/// Whether the word is one that has no other form, alone or behind something that is no letter.
fn is_uncountable(small: &str) -> bool {
    UNCOUNTABLE.iter().any(|word| {
        let before = small.strip_suffix(word);
        before.is_some_and(|before| {
            let last = before.chars().next_back();
            last.is_none_or(|last| !(last.is_alphanumeric() || last == '_'))
        })
    })
}

/// The form of an irregular word that has `ending` or already is `other`.
fn irregular(word: &str, small: &str, plural: bool) -> Option<String> {
    for (one, many) in IRREGULAR.iter().rev() {
        let wanted = if plural { many } else { one };
        for form in [one, many] {
            if small.ends_with(form) {
                return Some(cut(word, form.len() - 1, &wanted[1..]));
            }
        }
    }
    None
}

/// Whether a letter stands before an ending that is none of these.
fn before_is_other(small: &str, ending: &str, letters: &str) -> bool {
    let before = small
        .strip_suffix(ending)
        .and_then(|rest| rest.chars().next_back());
    before.is_some_and(|before| !letters.contains(before))
}

pub(super) fn plural(word: &str) -> String {
    const FIRST: &[Rule] = &[(&["quiz"], 0, "zes")];
    const SECOND: &[Rule] = &[
        (
            &["matrix", "matrex", "vertix", "vertex", "indix", "index"],
            2,
            "ices",
        ),
        (&["x", "ch", "ss", "sh"], 0, "es"),
    ];
    const THIRD: &[Rule] = &[
        (&["lf", "rf"], 1, "ves"),
        (&["sis"], 3, "ses"),
        (&["ta", "ia"], 0, ""),
        (&["tum", "ium"], 2, "a"),
        (&["buffalo", "tomato"], 0, "es"),
        (&["bus"], 1, "ses"),
        (&["alias", "status"], 0, "es"),
        (&["octopi", "viri"], 0, ""),
        (&["octopus", "virus"], 2, "i"),
    ];
    let small = word.to_ascii_lowercase();
    if word.is_empty() || is_uncountable(&small) {
        return word.to_owned();
    }
    let whole = match small.as_str() {
        "oxen" | "mice" | "lice" => Some(word.to_owned()),
        "ox" => Some(cut(word, 0, "en")),
        "mouse" | "louse" => Some(cut(word, 4, "ice")),
        _ => None,
    };
    irregular(word, &small, true)
        .or_else(|| by_rules(word, &small, FIRST))
        .or(whole)
        .or_else(|| by_rules(word, &small, SECOND))
        .or_else(|| {
            let ies = before_is_other(&small, "y", "aeiouy") || small.ends_with("quy");
            ies.then(|| cut(word, 1, "ies"))
        })
        .or_else(|| small.ends_with("hive").then(|| cut(word, 0, "s")))
        .or_else(|| before_is_other(&small, "fe", "f").then(|| cut(word, 2, "ves")))
        .or_else(|| by_rules(word, &small, THIRD))
        .or_else(|| matches!(small.as_str(), "axis" | "testis").then(|| cut(word, 2, "es")))
        .unwrap_or_else(|| cut(word, usize::from(small.ends_with('s')), "s"))
}

pub(super) fn singular(word: &str) -> String {
    const FIRST: &[Rule] = &[
        (&["databases"], 1, ""),
        (&["quizzes"], 3, ""),
        (&["matrices"], 4, "ix"),
        (&["vertices", "indices"], 4, "ex"),
    ];
    const SECOND: &[Rule] = &[
        (&["aliases", "statuses"], 2, ""),
        (&["alias", "status"], 0, ""),
        (&["octopus", "virus"], 2, "us"),
        (&["octopi", "viri"], 1, "us"),
    ];
    const THIRD: &[Rule] = &[
        (&["crisis", "crises", "testis", "testes"], 2, "is"),
        (&["shoes"], 1, ""),
        (&["oes"], 2, ""),
        (&["buses"], 2, ""),
        (&["bus"], 0, ""),
    ];
    const FOURTH: &[Rule] = &[
        (&["xes", "ches", "sses", "shes"], 2, ""),
        (&["movies"], 1, ""),
        (&["series"], 0, ""),
    ];
    const FIFTH: &[Rule] = &[(&["lves", "rves"], 3, "f"), (&["tives", "hives"], 1, "")];
    const LAST: &[Rule] = &[
        (
            &[
                "analysis",
                "analyses",
                "basis",
                "bases",
                "diagnosis",
                "diagnoses",
                "parenthesis",
                "parentheses",
                "prognosis",
                "prognoses",
                "synopsis",
                "synopses",
                "thesis",
                "theses",
            ],
            3,
            "sis",
        ),
        (&["ta", "ia"], 1, "um"),
        (&["news", "ss"], 0, ""),
        (&["s"], 1, ""),
    ];
    let small = word.to_ascii_lowercase();
    if word.is_empty() || is_uncountable(&small) {
        return word.to_owned();
    }
    irregular(word, &small, false)
        .or_else(|| by_rules(word, &small, FIRST))
        .or_else(|| {
            let rest = small.strip_prefix("oxen")?;
            Some(format!(
                "{}{}",
                word.get(..2)?,
                word.get(word.len() - rest.len()..)?
            ))
        })
        .or_else(|| by_rules(word, &small, SECOND))
        .or_else(|| matches!(small.as_str(), "axis" | "axes").then(|| cut(word, 3, "xis")))
        .or_else(|| by_rules(word, &small, THIRD))
        .or_else(|| matches!(small.as_str(), "mice" | "lice").then(|| cut(word, 3, "ouse")))
        .or_else(|| by_rules(word, &small, FOURTH))
        .or_else(|| {
            let y = before_is_other(&small, "ies", "aeiouy") || small.ends_with("quies");
            y.then(|| cut(word, 3, "y"))
        })
        .or_else(|| by_rules(word, &small, FIFTH))
        .or_else(|| before_is_other(&small, "ves", "f").then(|| cut(word, 3, "fe")))
        .or_else(|| by_rules(word, &small, LAST))
        .unwrap_or_else(|| word.to_owned())
}

/// `st`, `nd`, `rd`, `th`
pub(super) fn ordinal(last_two_digits: u8) -> &'static str {
    match (last_two_digits, last_two_digits % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}
