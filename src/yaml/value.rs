//! Plain ordered data.

/// What a YAML text says, without places.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// An integer above `i64::MAX`, never a smaller one.
    Unsigned(u64),
    /// Any other integer, in decimal digits, maybe with `-` in front. The official CLI makes floats of them, Ruby does not.
    BigInteger(String),
    /// A floating-point number.
    Float(f64),
    /// Text.
    String(String),
    /// A Symbol of Ruby, without its colon. Only what a Director reads has them: `:text` in a manifest.
    Symbol(String),
    /// Bytes that are not UTF-8 (bytes that are, are a [`Value::String`]).
    Binary(Vec<u8>),
    /// A list.
    Sequence(Vec<Value>),
    /// A map in order; keys are distinct.
    Mapping(Vec<(Value, Value)>),
}

impl Value {
    /// A map with text keys, in the order given.
    pub fn map<K: Into<String>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Mapping(
            entries
                .into_iter()
                .map(|(key, value)| (Self::String(key.into()), value.into()))
                .collect(),
        )
    }

    /// A list.
    pub fn list<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Self {
        Self::Sequence(items.into_iter().map(Into::into).collect())
    }

    /// The value of a text key; `None` without the key, and for what is no map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Self::Mapping(entries) = self else {
            return None;
        };
        entries
            .iter()
            .find(|(found, _)| found.as_str() == Some(key))
            .map(|(_, value)| value)
    }

    /// The text, when it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Unsigned(value), Self::Integer)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(value: Vec<V>) -> Self {
        Self::list(value)
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
