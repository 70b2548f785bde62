//! The parts of a URI, as RFC 3986 and the uri library 1.0 split and join them. No values here.

use core::net::Ipv6Addr;

/// A URI in parts, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) scheme: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<i64>,
    /// In place of host and path, for what has no slash behind the scheme; with its query.
    pub(super) opaque: Option<String>,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) fragment: Option<String>,
}

/// The port that a scheme has without one, and its class.
pub(super) fn scheme_class(scheme: Option<&str>) -> (&'static str, Option<i64>) {
    match scheme {
        Some("http") => ("URI::HTTP", Some(80)),
        Some("https") => ("URI::HTTPS", Some(443)),
        Some("ws") => ("URI::WS", Some(80)),
        Some("wss") => ("URI::WSS", Some(443)),
        Some("ldap") => ("URI::LDAP", Some(389)),
        Some("ldaps") => ("URI::LDAPS", Some(636)),
        Some("file") => ("URI::File", None),
        Some("mailto") => ("URI::MailTo", None),
        Some("ftp") => ("URI::FTP", Some(21)),
        _ => ("URI::Generic", None),
    }
}

/// Whether a text is made of characters of a set and of `%XX`.
pub(super) fn made_of(text: &str, others: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            let escape = behind.get(..2);
            if !escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                return false;
            }
            rest = behind.get(2..).unwrap_or_default();
            continue;
        }
        if !first.is_ascii_alphanumeric() && !others.as_bytes().contains(first) {
            return false;
        }
        rest = behind;
    }
    true
}

/// Beside letters and digits: of host names, user names, parts of paths.
const NAME: &str = "!$&'()*+,-.;=_~";
const USER: &str = "!$&'()*+,-.:;=_~";
const PATH: &str = "!$&'()*+,-.:;=@_~/";
const FRAGMENT: &str = "!$&'()*+,-.:;=@_~/?";

pub(super) fn is_scheme(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|first| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

pub(super) fn is_user(text: &str) -> bool {
    made_of(text, USER)
}

pub(super) fn is_path(text: &str) -> bool {
    made_of(text, PATH)
}

pub(super) fn is_host(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => made_of(text, NAME),
    }
}

impl Parts {
    /// Splits a text of ASCII; `None` when it is no URI.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, fragment) = split_off(text, '#');
        let fragment = fragment.map(ToOwned::to_owned);
        if fragment
            .as_deref()
            .is_some_and(|text| !made_of(text, FRAGMENT))
        {
            return None;
        }
        let (front, query) = split_off(text, '?');
        let mut parts = Self {
            fragment,
            query: query.map(escape_query),
            ..Self::default()
        };
        let scheme = front
            .split_once(':')
            .filter(|(scheme, _)| is_scheme(scheme));
        let hierarchy = match scheme {
            Some((scheme, rest)) => {
                parts.scheme = Some(scheme.to_ascii_lowercase());
                rest
            }
            None => front,
        };
        if let Some(rest) = hierarchy.strip_prefix("//") {
            let end = rest.find('/').unwrap_or(rest.len());
            parts.authority(rest.get(..end)?)?;
            rest.get(end..)?.clone_into(&mut parts.path);
        } else if scheme.is_some() && !hierarchy.is_empty() && !hierarchy.starts_with('/') {
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            parts.query = None;
            parts.opaque = Some(format!("{hierarchy}{query}"));
            return is_path(hierarchy).then_some(parts);
        } else {
            let first = hierarchy.split('/').next().unwrap_or_default();
            if scheme.is_none() && first.contains(':') {
                return None;
            }
            hierarchy.clone_into(&mut parts.path);
        }
        if !is_path(&parts.path) {
            return None;
        }
        let (_, default) = scheme_class(parts.scheme.as_deref());
        parts.port = parts.port.or(default);
        Some(parts)
    }

    fn authority(&mut self, text: &str) -> Option<()> {
        let host = match text.rsplit_once('@') {
            Some((user, host)) if is_user(user) => {
                self.set_userinfo(user);
                host
            }
            Some(_) => return None,
            None => text,
        };
        let literal_end = host.rfind(']').map_or(0, |at| at + 1);
        let (literal, behind) = host.split_at(literal_end);
        let (name, port) = split_off(behind, ':');
        if let Some(port) = port.filter(|port| !port.is_empty()) {
            if !port.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            self.port = Some(port.parse().ok()?);
        }
        let host = format!("{literal}{name}");
        if !is_host(&host) {
            return None;
        }
        self.host = Some(host);
        Some(())
    }

    pub(super) fn set_userinfo(&mut self, text: &str) {
        let (user, password) = split_off(text, ':');
        self.user = Some(user.to_owned());
        self.password = password.map(ToOwned::to_owned);
    }

    pub(super) fn userinfo(&self) -> Option<String> {
        let user = self.user.as_deref()?;
        Some(match &self.password {
            Some(password) => format!("{user}:{password}"),
            None => user.to_owned(),
        })
    }

    /// The path with the query.
    pub(super) fn path_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The text, where a port that goes without saying is left out.
    pub(super) fn text(&self, default_port: Option<i64>) -> String {
        let mut out = String::new();
        if let Some(scheme) = &self.scheme {
            out.push_str(scheme);
            out.push(':');
        }
        if let Some(opaque) = &self.opaque {
            out.push_str(opaque);
        } else {
            self.write_authority(&mut out, default_port);
            out.push_str(&self.path_query());
        }
        if let Some(fragment) = &self.fragment {
            out.push('#');
            out.push_str(fragment);
        }
        out
    }

    fn write_authority(&self, out: &mut String, default_port: Option<i64>) {
        if self.host.is_some() || matches!(self.scheme.as_deref(), Some("file" | "postgres")) {
            out.push_str("//");
        }
        if let Some(user) = self.userinfo() {
            out.push_str(&user);
            out.push('@');
        }
        out.push_str(self.host.as_deref().unwrap_or_default());
        let port = self.port.filter(|port| Some(*port) != default_port);
        if let Some(port) = port {
            out.push(':');
            out.push_str(&port.to_string());
        }
        let apart = self.host.is_some() || self.port.is_some();
        if apart && !self.path.is_empty() && !self.path.starts_with('/') {
            out.push('/');
        }
    }

    /// Small letters where they do not matter, and a path.
    pub(super) fn normalized(&self) -> Self {
        let mut parts = self.clone();
        if parts.opaque.is_none() && parts.path.is_empty() {
            "/".clone_into(&mut parts.path);
        }
        parts.scheme = parts.scheme.map(|scheme| scheme.to_lowercase());
        parts.host = parts.host.map(|host| host.to_lowercase());
        parts
    }

    /// What a relative one means, seen from this one.
    pub(super) fn merged(&self, relative: &Self) -> Self {
        let mut parts = self.clone();
        let authority =
            relative.host.is_some() || relative.user.is_some() || relative.port.is_some();
        if relative.path.is_empty() && !authority && relative.query.is_none() {
            if relative.fragment.is_some() {
                parts.fragment.clone_from(&relative.fragment);
            }
            return parts;
        }
        parts.query.clone_from(&relative.query);
        parts.fragment.clone_from(&relative.fragment);
        if authority {
            parts.user.clone_from(&relative.user);
            parts.password.clone_from(&relative.password);
            parts.host.clone_from(&relative.host);
            let (_, default) = scheme_class(parts.scheme.as_deref());
            parts.port = relative.port.or(default);
            parts.path.clone_from(&relative.path);
        } else if !relative.path.is_empty() {
            parts.path = merged_path(&self.path, &relative.path);
        }
        parts
    }
}

fn split_off(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((front, back)) => (front, Some(back)),
        None => (text, None),
    }
}

/// Section 5.2.4 of RFC 3986, with the last segment of the base replaced.
fn merged_path(base: &str, relative: &str) -> String {
    let front = match base.rfind('/') {
        _ if relative.starts_with('/') => "",
        Some(at) => base.get(..=at).unwrap_or_default(),
        None => "/",
    };
    let joined = format!("{front}{relative}");
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = joined.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            ".." => {
                kept.pop();
            }
            "." => {}
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

/// What the library lets stand in a query; all else is escaped when it is read.
pub(super) fn escape_query(text: &str) -> String {
    escape_unlike(
        text,
        |byte| matches!(byte, b'!' | b'$'..=b'&' | b'('..=b';' | b'=' | b'?'..=b'_' | b'a'..=b'~'),
    )
}

pub(super) fn escape_fragment(text: &str) -> String {
    escape_unlike(
        text,
        |byte| matches!(byte, b'!' | b'$'..=b';' | b'=' | b'?'..=b'_' | b'a'..=b'~'),
    )
}

fn escape_unlike(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'\t' | b'\n' | b'\r' => {}
            _ if stays(byte) => out.push(char::from(byte)),
            _ => out.extend(percent(byte)),
        }
    }
    out
}

/// A byte as `%` and two digits.
fn percent(byte: u8) -> [char; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    ['%', digit(byte >> 4), digit(byte & 15)]
}
