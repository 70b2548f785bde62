//! Characters that are the same without regard to case, as Onigmo has it: Unicode's full case folding.
//!
//! One character may be the same as two or three: `/ß/i` matches `ss`, and `/ss/i` matches `ß`. Of the characters in a
//! pattern only those written in a row count as such a text: `/s(?:s)/i` does not match `ß`.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// Unicode 16, CaseFolding.txt, the rows with status F.
const LONG_FOLDS: &[(char, &str)] = &[
    ('\u{df}', "ss"),
    ('\u{130}', "i\u{307}"),
    ('\u{149}', "\u{2bc}n"),
    ('\u{1f0}', "j\u{30c}"),
    ('\u{390}', "\u{3b9}\u{308}\u{301}"),
    ('\u{3b0}', "\u{3c5}\u{308}\u{301}"),
    ('\u{587}', "\u{565}\u{582}"),
    ('\u{1e96}', "h\u{331}"),
    ('\u{1e97}', "t\u{308}"),
    ('\u{1e98}', "w\u{30a}"),
    ('\u{1e99}', "y\u{30a}"),
    ('\u{1e9a}', "a\u{2be}"),
    ('\u{1e9e}', "ss"),
    ('\u{1f50}', "\u{3c5}\u{313}"),
    ('\u{1f52}', "\u{3c5}\u{313}\u{300}"),
    ('\u{1f54}', "\u{3c5}\u{313}\u{301}"),
    ('\u{1f56}', "\u{3c5}\u{313}\u{342}"),
    ('\u{1f80}', "\u{1f00}\u{3b9}"),
    ('\u{1f81}', "\u{1f01}\u{3b9}"),
    ('\u{1f82}', "\u{1f02}\u{3b9}"),
    ('\u{1f83}', "\u{1f03}\u{3b9}"),
    ('\u{1f84}', "\u{1f04}\u{3b9}"),
    ('\u{1f85}', "\u{1f05}\u{3b9}"),
    ('\u{1f86}', "\u{1f06}\u{3b9}"),
    ('\u{1f87}', "\u{1f07}\u{3b9}"),
    ('\u{1f88}', "\u{1f00}\u{3b9}"),
    ('\u{1f89}', "\u{1f01}\u{3b9}"),
    ('\u{1f8a}', "\u{1f02}\u{3b9}"),
    ('\u{1f8b}', "\u{1f03}\u{3b9}"),
    ('\u{1f8c}', "\u{1f04}\u{3b9}"),
    ('\u{1f8d}', "\u{1f05}\u{3b9}"),
    ('\u{1f8e}', "\u{1f06}\u{3b9}"),
    ('\u{1f8f}', "\u{1f07}\u{3b9}"),
    ('\u{1f90}', "\u{1f20}\u{3b9}"),
    ('\u{1f91}', "\u{1f21}\u{3b9}"),
    ('\u{1f92}', "\u{1f22}\u{3b9}"),
    ('\u{1f93}', "\u{1f23}\u{3b9}"),
    ('\u{1f94}', "\u{1f24}\u{3b9}"),
    ('\u{1f95}', "\u{1f25}\u{3b9}"),
    ('\u{1f96}', "\u{1f26}\u{3b9}"),
    ('\u{1f97}', "\u{1f27}\u{3b9}"),
    ('\u{1f98}', "\u{1f20}\u{3b9}"),
    ('\u{1f99}', "\u{1f21}\u{3b9}"),
    ('\u{1f9a}', "\u{1f22}\u{3b9}"),
    ('\u{1f9b}', "\u{1f23}\u{3b9}"),
    ('\u{1f9c}', "\u{1f24}\u{3b9}"),
    ('\u{1f9d}', "\u{1f25}\u{3b9}"),
    ('\u{1f9e}', "\u{1f26}\u{3b9}"),
    ('\u{1f9f}', "\u{1f27}\u{3b9}"),
    ('\u{1fa0}', "\u{1f60}\u{3b9}"),
    ('\u{1fa1}', "\u{1f61}\u{3b9}"),
    ('\u{1fa2}', "\u{1f62}\u{3b9}"),
    ('\u{1fa3}', "\u{1f63}\u{3b9}"),
    ('\u{1fa4}', "\u{1f64}\u{3b9}"),
    ('\u{1fa5}', "\u{1f65}\u{3b9}"),
    ('\u{1fa6}', "\u{1f66}\u{3b9}"),
    ('\u{1fa7}', "\u{1f67}\u{3b9}"),
    ('\u{1fa8}', "\u{1f60}\u{3b9}"),
    ('\u{1fa9}', "\u{1f61}\u{3b9}"),
    ('\u{1faa}', "\u{1f62}\u{3b9}"),
    ('\u{1fab}', "\u{1f63}\u{3b9}"),
    ('\u{1fac}', "\u{1f64}\u{3b9}"),
    ('\u{1fad}', "\u{1f65}\u{3b9}"),
    ('\u{1fae}', "\u{1f66}\u{3b9}"),
    ('\u{1faf}', "\u{1f67}\u{3b9}"),
    ('\u{1fb2}', "\u{1f70}\u{3b9}"),
    ('\u{1fb3}', "\u{3b1}\u{3b9}"),
    ('\u{1fb4}', "\u{3ac}\u{3b9}"),
    ('\u{1fb6}', "\u{3b1}\u{342}"),
    ('\u{1fb7}', "\u{3b1}\u{342}\u{3b9}"),
    ('\u{1fbc}', "\u{3b1}\u{3b9}"),
    ('\u{1fc2}', "\u{1f74}\u{3b9}"),
    ('\u{1fc3}', "\u{3b7}\u{3b9}"),
    ('\u{1fc4}', "\u{3ae}\u{3b9}"),
    ('\u{1fc6}', "\u{3b7}\u{342}"),
    ('\u{1fc7}', "\u{3b7}\u{342}\u{3b9}"),
    ('\u{1fcc}', "\u{3b7}\u{3b9}"),
    ('\u{1fd2}', "\u{3b9}\u{308}\u{300}"),
    ('\u{1fd3}', "\u{3b9}\u{308}\u{301}"),
    ('\u{1fd6}', "\u{3b9}\u{342}"),
    ('\u{1fd7}', "\u{3b9}\u{308}\u{342}"),
    ('\u{1fe2}', "\u{3c5}\u{308}\u{300}"),
    ('\u{1fe3}', "\u{3c5}\u{308}\u{301}"),
    ('\u{1fe4}', "\u{3c1}\u{313}"),
    ('\u{1fe6}', "\u{3c5}\u{342}"),
    ('\u{1fe7}', "\u{3c5}\u{308}\u{342}"),
    ('\u{1ff2}', "\u{1f7c}\u{3b9}"),
    ('\u{1ff3}', "\u{3c9}\u{3b9}"),
    ('\u{1ff4}', "\u{3ce}\u{3b9}"),
    ('\u{1ff6}', "\u{3c9}\u{342}"),
    ('\u{1ff7}', "\u{3c9}\u{342}\u{3b9}"),
    ('\u{1ffc}', "\u{3c9}\u{3b9}"),
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
    ('\u{fb05}', "st"),
    ('\u{fb06}', "st"),
    ('\u{fb13}', "\u{574}\u{576}"),
    ('\u{fb14}', "\u{574}\u{565}"),
    ('\u{fb15}', "\u{574}\u{56b}"),
    ('\u{fb16}', "\u{57e}\u{576}"),
    ('\u{fb17}', "\u{574}\u{56d}"),
];

/// A set of one character.
pub(super) fn single(c: char) -> ClassUnicode {
    of(&[c])
}

/// A set of some characters.
pub(super) fn of(chars: &[char]) -> ClassUnicode {
    ClassUnicode::new(chars.iter().map(|c| ClassUnicodeRange::new(*c, *c)))
}

/// The character, and all single characters that are the same without regard to case.
pub(super) fn same_as(c: char) -> ClassUnicode {
    let mut set = single(c);
    close(&mut set);
    set
}

/// Adds to a set all characters that are the same as one in it.
pub(super) fn close(set: &mut ClassUnicode) {
    set.case_fold_simple();
    // ß and ẞ are the same by way of `ss`, and a few more pairs like them.
    let mut more = Vec::new();
    for (c, text) in LONG_FOLDS {
        if contains(set, *c) {
            more.extend(standing_for(text).map(|c| ClassUnicodeRange::new(c, c)));
        }
    }
    if !more.is_empty() {
        set.union(&ClassUnicode::new(more));
    }
}

/// The longer text a character is the same as.
pub(super) fn long_fold(c: char) -> Option<&'static str> {
    if c.is_ascii() {
        return None;
    }
    let found = LONG_FOLDS.binary_search_by_key(&c, |row| row.0).ok()?;
    LONG_FOLDS.get(found).map(|row| row.1)
}

/// Whether two characters are the same without regard to case, each folded whole.
pub(super) fn same(a: char, b: char) -> bool {
    if a == b {
        return true;
    }
    match (long_fold(a), long_fold(b)) {
        (None, None) => contains(&same_as(a), b),
        (a, b) => a == b,
    }
}

/// The longer texts the characters of a set are the same as, each once.
pub(super) fn long_folds_of(set: &ClassUnicode) -> Vec<&'static str> {
    let mut texts: Vec<_> = LONG_FOLDS
        .iter()
        .filter(|(c, _)| contains(set, *c))
        .map(|row| row.1)
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// The characters that are the same as this text, which is folded already.
pub(super) fn standing_for(text: &str) -> impl Iterator<Item = char> {
    LONG_FOLDS
        .iter()
        .filter(move |row| row.1 == text)
        .map(|row| row.0)
}

/// The form of a character that stands for all that are the same; `text_at` compares these.
fn folded(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        '\0'..='\u{7f}' => c,
        _ => same_as(c)
            .ranges()
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .find(|c| LONG_FOLDS.iter().any(|row| row.1.contains(*c)))
            .unwrap_or(c),
    }
}

/// The longer texts that start at the beginning of `chars` and that a single character is the same as.
pub(super) fn texts_at(chars: &[char]) -> Vec<&'static str> {
    let start: String = chars
        .iter()
        .take(3)
        .take_while(|c| long_fold(**c).is_none())
        .map(|c| folded(*c))
        .collect();
    let mut texts: Vec<_> = LONG_FOLDS
        .iter()
        .map(|row| row.1)
        .filter(|text| start.starts_with(text))
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Whether a set has a character.
pub(super) fn contains(set: &ClassUnicode, c: char) -> bool {
    set.ranges()
        .binary_search_by(|range| {
            if range.end() < c {
                std::cmp::Ordering::Less
            } else if range.start() > c {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}
