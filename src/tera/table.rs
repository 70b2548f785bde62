//! Filters, tests and functions: one row each, with what they take, the Ruby they become and a line for the page.
//!
//! What Tera knows and is missing here has a row that refuses it with a reason, so that every name is answered.

use super::code::Type;

/// A filter, a test or a function.
#[derive(Debug)]
pub struct Row {
    /// What templates call it.
    pub name: &'static str,
    /// What it takes. Filters and functions take arguments by name, tests by place.
    pub parameters: &'static [Parameter],
    /// One line: what it makes of a value.
    pub doc: &'static str,
    pub(super) emit: Emit,
    pub(super) result: Type,
}

/// An argument that a row takes.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it has to be.
    pub kind: Kind,
    /// What it is when it is left out, as Ruby; nothing when it has to be given.
    pub default: Option<&'static str>,
}

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A text in which `\n` and `\t` are line break and tab.
    Pattern,
    /// A whole number.
    Integer,
    /// A whole number from zero.
    Whole,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// `true` or `false`, written in the template.
    Switch,
    /// Keys with points between them, written in the template.
    Keys,
    /// A whole number between these, written in the template.
    Between(i64, i64),
    /// One of these words, written in the template.
    OneOf(&'static [&'static str]),
}

/// The Ruby that a row becomes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Emit {
    /// A method of the value, without arguments.
    Method(&'static str),
    /// A helper, with the value first.
    Helper(&'static str),
    /// Ruby with `{0}` for the value and `{1}` … for the arguments, and the helpers it calls.
    Ruby(&'static str, &'static [&'static str]),
    /// The code is in `expression`.
    Special,
    /// Refused, because of this.
    Refused(&'static str),
}

impl Row {
    /// Why a row that is only there to be refused is.
    pub fn refused(&self) -> Option<&'static str> {
        match self.emit {
            Emit::Refused(why) => Some(why),
            _ => None,
        }
    }
}

impl Kind {
    /// In a few words.
    pub fn words(self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Pattern => "a text, `\\n` and `\\t` escaped".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Whole => "a whole number from 0".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Switch => "`true` or `false`, written out".to_owned(),
            Self::Keys => "keys with points between, written out".to_owned(),
            Self::Between(least, most) => format!("{least} to {most}, written out"),
            Self::OneOf(words) => format!("{}, written out", words.join(", ")),
        }
    }
}

const COUNT: Type = Type::Int(0, 1 << 40);

const fn filter(
    name: &'static str,
    parameters: &'static [Parameter],
    emit: Emit,
    result: Type,
    doc: &'static str,
) -> Row {
    Row {
        name,
        parameters,
        doc,
        emit,
        result,
    }
}

const fn refused(name: &'static str, why: &'static str) -> Row {
    filter(name, &[], Emit::Refused(why), Type::Any, "")
}

const fn needed(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        default: None,
    }
}

const fn optional(name: &'static str, kind: Kind, default: &'static str) -> Parameter {
    Parameter {
        name,
        kind,
        default: Some(default),
    }
}

const TEXT: Type = Type::Text;
const MARKUP: &str = "it is for web pages, not for configuration";

/// All filters.
pub const FILTERS: &[Row] = &[
    filter(
        "default",
        &[needed("value", Kind::Any)],
        Emit::Special,
        Type::Any,
        "Another value when a name is not set or null. It has to be the first filter, behind a name.",
    ),
    filter(
        "safe",
        &[],
        Emit::Special,
        Type::Any,
        "The value as it is: nothing is escaped by itself.",
    ),
    filter("upper", &[], Emit::Method("upcase"), TEXT, "In upper case."),
    filter("lower", &[], Emit::Helper("lower"), TEXT, "In lower case."),
    filter(
        "capitalize",
        &[],
        Emit::Helper("capitalize"),
        TEXT,
        "The first letter in upper case, all others in lower case.",
    ),
    filter(
        "trim",
        &[],
        Emit::Helper("trim"),
        TEXT,
        "Without white space around.",
    ),
    filter(
        "trim_start",
        &[],
        Emit::Helper("trim_start"),
        TEXT,
        "Without white space at the start.",
    ),
    filter(
        "trim_end",
        &[],
        Emit::Helper("trim_end"),
        TEXT,
        "Without white space at the end.",
    ),
    filter(
        "trim_start_matches",
        &[needed("pat", Kind::Pattern)],
        Emit::Helper("trim_start_matches"),
        TEXT,
        "Without a pattern at the start, as often as it is there.",
    ),
    filter(
        "trim_end_matches",
        &[needed("pat", Kind::Pattern)],
        Emit::Helper("trim_end_matches"),
        TEXT,
        "Without a pattern at the end, as often as it is there.",
    ),
    filter(
        "wordcount",
        &[],
        Emit::Ruby("{0}.scan(/[^[:space:]]+/).length", &[]),
        COUNT,
        "The number of words.",
    ),
    filter(
        "replace",
        &[needed("from", Kind::Text), needed("to", Kind::Text)],
        Emit::Ruby("{0}.gsub({1}) { {2} }", &[]),
        TEXT,
        "With one text in place of another, everywhere.",
    ),
    filter(
        "addslashes",
        &[],
        Emit::Ruby("{0}.gsub(/[\\\\\"']/) { |char| \"\\\\#{char}\" }", &[]),
        TEXT,
        "With a backslash before backslashes and quotes.",
    ),
    filter(
        "split",
        &[needed("pat", Kind::Pattern)],
        Emit::Helper("split"),
        Type::List,
        "The list of the parts between a pattern.",
    ),
    filter(
        "indent",
        &[
            optional("prefix", Kind::Text, "'    '"),
            optional("first", Kind::Flag, "false"),
            optional("blank", Kind::Flag, "false"),
        ],
        Emit::Helper("indent"),
        TEXT,
        "The lines behind a prefix; the first one and blank ones only when asked for. The last line break goes.",
    ),
    filter(
        "escape",
        &[],
        Emit::Ruby("escape.({0}, '&#x27;', '&#x2F;')", &["escape"]),
        TEXT,
        "For HTML.",
    ),
    filter(
        "escape_xml",
        &[],
        Emit::Ruby("escape.({0}, '&apos;', '/')", &["escape"]),
        TEXT,
        "For XML.",
    ),
    filter(
        "linebreaksbr",
        &[],
        Emit::Ruby("{0}.gsub(/\\r?\\n/, '<br>')", &[]),
        TEXT,
        "With `<br>` in place of line breaks.",
    ),
    filter(
        "urlencode",
        &[],
        Emit::Ruby("percent.({0}, %r{[^A-Za-z0-9_.~%/-]})", &["percent"]),
        TEXT,
        "For a URL; `/` stays.",
    ),
    filter(
        "urlencode_strict",
        &[],
        Emit::Ruby("percent.({0}, /[^A-Za-z0-9]/)", &["percent"]),
        TEXT,
        "For a URL; letters and digits stay.",
    ),
    filter(
        "length",
        &[],
        Emit::Method("length"),
        COUNT,
        "The number of characters, items or keys.",
    ),
    filter(
        "reverse",
        &[],
        Emit::Method("reverse"),
        Type::Any,
        "The characters or items from the last to the first.",
    ),
    filter(
        "first",
        &[],
        Emit::Helper("first"),
        Type::Any,
        "The first item, or an empty text.",
    ),
    filter(
        "last",
        &[],
        Emit::Helper("last"),
        Type::Any,
        "The last item, or an empty text.",
    ),
    filter(
        "nth",
        &[needed("n", Kind::Whole)],
        Emit::Helper("nth"),
        Type::Any,
        "An item, counted from 0, or an empty text.",
    ),
    filter(
        "join",
        &[optional("sep", Kind::Pattern, "''")],
        Emit::Helper("join"),
        TEXT,
        "The items in one text.",
    ),
    filter(
        "sort",
        &[optional("attribute", Kind::Keys, "")],
        Emit::Helper("sort"),
        Type::List,
        "In order: all numbers, all texts, all true or false, or all lists, by length.",
    ),
    filter(
        "unique",
        &[
            optional("case_sensitive", Kind::Flag, "false"),
            optional("attribute", Kind::Keys, ""),
        ],
        Emit::Helper("unique"),
        Type::List,
        "Without what is there before.",
    ),
    filter(
        "slice",
        &[
            optional("start", Kind::Number, "0"),
            optional("end", Kind::Number, "nil"),
        ],
        Emit::Helper("slice"),
        Type::List,
        "The items from a place up to another; negative ones count from the end.",
    ),
    filter(
        "group_by",
        &[needed("attribute", Kind::Keys)],
        Emit::Helper("group_by"),
        Type::Map,
        "A map of lists: the items by what they have at some keys.",
    ),
    filter(
        "filter",
        &[
            optional("value", Kind::Any, "nil"),
            needed("attribute", Kind::Keys),
        ],
        Emit::Helper("select"),
        Type::List,
        "The items with a value, or with any, at some keys.",
    ),
    filter(
        "map",
        &[needed("attribute", Kind::Keys)],
        Emit::Helper("pluck"),
        Type::List,
        "What the items have at some keys.",
    ),
    filter(
        "concat",
        &[needed("with", Kind::Any)],
        Emit::Helper("concat"),
        Type::List,
        "The items and those of another list, or one more.",
    ),
    filter(
        "get",
        &[
            needed("key", Kind::Text),
            optional("default", Kind::Any, ""),
        ],
        Emit::Special,
        Type::Any,
        "What a map has at a key.",
    ),
    filter(
        "int",
        &[
            optional("default", Kind::Integer, "0"),
            optional("base", Kind::Between(2, 36), "10"),
        ],
        Emit::Helper("int"),
        Type::Any,
        "A whole number.",
    ),
    filter(
        "float",
        &[optional("default", Kind::Number, "0.0")],
        Emit::Helper("float"),
        Type::Any,
        "A float.",
    ),
    filter(
        "abs",
        &[],
        Emit::Method("abs"),
        Type::Number,
        "The size of a number.",
    ),
    filter(
        "round",
        &[
            optional(
                "method",
                Kind::OneOf(&["common", "ceil", "floor"]),
                "'common'",
            ),
            optional("precision", Kind::Between(-15, 15), "0"),
        ],
        Emit::Helper("round"),
        Type::Number,
        "With so many digits behind the point.",
    ),
    filter(
        "pluralize",
        &[
            optional("plural", Kind::Text, "'s'"),
            optional("singular", Kind::Text, "''"),
        ],
        Emit::Helper("pluralize"),
        TEXT,
        "The ending of a word for so many things.",
    ),
    filter(
        "json_encode",
        &[optional("pretty", Kind::Switch, "false")],
        Emit::Special,
        TEXT,
        "JSON, on one line or on many.",
    ),
    filter(
        "as_str",
        &[],
        Emit::Helper("text"),
        TEXT,
        "The text that is printed.",
    ),
    filter(
        "json",
        &[optional("pretty", Kind::Switch, "false")],
        Emit::Special,
        TEXT,
        "The same as `json_encode`. Of this tool.",
    ),
    filter(
        "yaml",
        &[],
        Emit::Helper("yaml"),
        TEXT,
        "A list or a map as YAML in the Director's words, without `---` and the last line break. Of this tool.",
    ),
    filter(
        "base64_encode",
        &[],
        Emit::Ruby("[string.({0})].pack('m0')", &["string"]),
        TEXT,
        "A text as base64 on one line. Of this tool.",
    ),
    filter(
        "base64_decode",
        &[],
        Emit::Helper("base64_decode"),
        TEXT,
        "The text of a base64. Of this tool.",
    ),
    filter(
        "shell_quote",
        &[],
        Emit::Helper("shell_quote"),
        TEXT,
        "One word for a shell, whatever it holds. Of this tool.",
    ),
    filter(
        "redis_quote",
        &[],
        Emit::Helper("redis_quote"),
        TEXT,
        "One argument for a line of redis.conf, whatever it holds. Of this tool.",
    ),
    refused(
        "truncate",
        "where characters end differs between versions of Ruby: use `slice` of a list",
    ),
    refused(
        "title",
        "what a word is differs between Tera and Ruby: use `capitalize`",
    ),
    refused("striptags", MARKUP),
    refused("spaceless", MARKUP),
    refused(
        "slugify",
        "its table of letters is not in a Director: use `replace`",
    ),
    refused("date", "the names of time zones are not in a Director"),
    refused(
        "filesizeformat",
        "it is for people to read, not for configuration: use arithmetic",
    ),
];

/// All tests.
pub const TESTS: &[Row] = &[
    filter(
        "defined",
        &[],
        Emit::Special,
        Type::Bool,
        "It is set. Null inside of a value counts as set.",
    ),
    filter(
        "undefined",
        &[],
        Emit::Special,
        Type::Bool,
        "It is not set.",
    ),
    filter(
        "string",
        &[],
        Emit::Ruby("{0}.is_a?(String)", &[]),
        Type::Bool,
        "A text.",
    ),
    filter(
        "number",
        &[],
        Emit::Ruby("{0}.is_a?(Numeric)", &[]),
        Type::Bool,
        "A number.",
    ),
    filter(
        "odd",
        &[],
        Emit::Ruby("(number.({0}) % 2 != 0)", &["number"]),
        Type::Bool,
        "A number that 2 does not divide.",
    ),
    filter(
        "even",
        &[],
        Emit::Ruby("(number.({0}) % 2 == 0)", &["number"]),
        Type::Bool,
        "A number that 2 divides.",
    ),
    filter(
        "divisibleby",
        &[needed("divisor", Kind::Number)],
        Emit::Ruby("divisible.({0}, {1})", &["divisible"]),
        Type::Bool,
        "A number that another divides.",
    ),
    filter(
        "iterable",
        &[],
        Emit::Ruby("[Array, Hash].include?({0}.class)", &[]),
        Type::Bool,
        "A list or a map.",
    ),
    filter(
        "object",
        &[],
        Emit::Ruby("{0}.is_a?(Hash)", &[]),
        Type::Bool,
        "A map.",
    ),
    filter(
        "starting_with",
        &[needed("text", Kind::Text)],
        Emit::Ruby("string.({0}).start_with?({1})", &["string"]),
        Type::Bool,
        "A text that begins with another.",
    ),
    filter(
        "ending_with",
        &[needed("text", Kind::Text)],
        Emit::Ruby("string.({0}).end_with?({1})", &["string"]),
        Type::Bool,
        "A text that ends with another.",
    ),
    filter(
        "containing",
        &[needed("item", Kind::Any)],
        Emit::Ruby("includes.({0}, {1})", &["includes"]),
        Type::Bool,
        "A list with an item, a text with a part, a map with a key.",
    ),
    refused(
        "matching",
        "patterns of Tera and of Ruby differ: use `starting_with`, `ending_with`, `containing`",
    ),
];

/// All functions.
pub const FUNCTIONS: &[Row] = &[
    filter(
        "range",
        &[
            needed("end", Kind::Whole),
            optional("start", Kind::Whole, "0"),
            optional("step_by", Kind::Whole, "1"),
        ],
        Emit::Special,
        Type::List,
        "The whole numbers from a start up to an end.",
    ),
    filter(
        "throw",
        &[needed("message", Kind::Text)],
        Emit::Special,
        Type::Any,
        "Ends the rendering with a message.",
    ),
    refused(
        "now",
        "files of a job must not change by themselves: each deploy would restart it",
    ),
    refused(
        "get_random",
        "files of a job must not change by themselves: each deploy would restart it",
    ),
    refused(
        "get_env",
        "the environment is the Director's: declare a property",
    ),
];

/// The row of that name.
pub(super) fn find(rows: &'static [Row], name: &str) -> Option<&'static Row> {
    rows.iter().find(|row| row.name == name)
}
