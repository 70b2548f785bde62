//! `URI`, as version 1.0 of its library.

mod parts;

use std::cell::RefCell;

use super::super::class::Class;
use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Data, Encoding, Value};
use super::escaping::{percent_decode, percent_encode};
use super::library::{ClassDefinition, Constant};
use super::{Args, Row};
use parts::{
    Parts, escape_fragment, escape_query, is_host, is_path, is_scheme, is_user, scheme_class,
};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("URI")
        .class_methods(&[FUNCTIONS])
        .constants(CONSTANTS)
        .missing(
            &[],
            &[
                "extract",
                "for",
                "get_encoding",
                "parser=",
                "regexp",
                "register_scheme",
                "scheme_list",
                "split",
            ],
        ),
    ClassDefinition::class("URI::Error", "StandardError"),
    ClassDefinition::class("URI::InvalidURIError", "URI::Error"),
    ClassDefinition::class("URI::InvalidComponentError", "URI::Error"),
    ClassDefinition::class("URI::BadURIError", "URI::Error"),
    ClassDefinition::class("URI::Generic", "Object")
        .includes(&["URI"])
        .methods(&[READING, SETTING, RELATING])
        .class_methods(&[BUILD])
        .missing(
            &[
                "-",
                "coerce",
                "component",
                "component_ary",
                "find_proxy",
                "merge!",
                "normalize!",
                "opaque=",
                "parser",
                "registry=",
                "route_from",
                "route_to",
                "select",
                "set_host",
                "set_opaque",
                "set_password",
                "set_path",
                "set_port",
                "set_registry",
                "set_scheme",
                "set_user",
                "set_userinfo",
            ],
            &["new", "build2", "component", "use_proxy?", "use_registry"],
        ),
    ClassDefinition::class("URI::HTTP", "URI::Generic").methods(&[HTTP, REQUEST]),
    ClassDefinition::class("URI::HTTPS", "URI::HTTP"),
    ClassDefinition::class("URI::WS", "URI::Generic").methods(&[REQUEST]),
    ClassDefinition::class("URI::WSS", "URI::WS"),
    ClassDefinition::class("URI::File", "URI::Generic"),
    ClassDefinition::class("URI::LDAP", "URI::Generic").missing(
        &[
            "dn",
            "dn=",
            "attributes",
            "attributes=",
            "scope",
            "scope=",
            "filter",
            "filter=",
            "extensions",
            "extensions=",
        ],
        &[],
    ),
    ClassDefinition::class("URI::LDAPS", "URI::LDAP"),
    ClassDefinition::class("URI::FTP", "URI::Generic"),
    ClassDefinition::class("URI::MailTo", "URI::Generic"),
    ClassDefinition::class("URI::RFC2396_Parser", "Object")
        .methods(&[PARSER])
        .missing(
            &[
                "extract",
                "make_regexp",
                "pattern",
                "regexp",
                "parse",
                "join",
                "split",
            ],
            &["new"],
        ),
    ClassDefinition::module("Kernel").methods(&[KERNEL]),
];

const KERNEL: &[Row] = &[Row::new("URI", 1, convert, "A URI of a text.").private()];

const FUNCTIONS: &[Row] = &[
    Row::new("parse", 1, parse, "A URI of a text."),
    Row::new(
        "join",
        1,
        join,
        "What relative URIs mean, one after the other.",
    )
    .rest(),
    Row::new(
        "encode_www_form",
        1,
        encode_form,
        "A query of names and values.",
    ),
    Row::new(
        "decode_www_form",
        1,
        decode_form,
        "Names and values of a query.",
    ),
    Row::new(
        "encode_www_form_component",
        1,
        encode_form_component,
        "Escapes for queries.",
    ),
    Row::new(
        "decode_www_form_component",
        1,
        decode_form_component,
        "Takes the escapes of queries back.",
    ),
    Row::new(
        "encode_uri_component",
        1,
        encode_component,
        "Escapes for URIs.",
    ),
    Row::new(
        "decode_uri_component",
        1,
        decode_component,
        "Takes the escapes of URIs back.",
    ),
];

const PARSER: &[Row] = &[
    Row::new("escape", 1, parser_escape, "Escapes what no URI has."),
    Row::new("unescape", 1, parser_unescape, "Takes escapes back."),
];

const BUILD: &[Row] = &[
    Row::new("build", 1, build, "A URI of parts."),
    Row::new(
        "default_port",
        0,
        class_port,
        "The port that goes without saying.",
    ),
];

const READING: &[Row] = &[
    Row::new("scheme", 0, scheme, "What stands in front of the colon."),
    Row::new("userinfo", 0, userinfo, "User and password."),
    Row::new("user", 0, user, "The user."),
    Row::new("password", 0, password, "The password."),
    Row::new("decoded_user", 0, decoded_user, "The user without escapes."),
    Row::new(
        "decoded_password",
        0,
        decoded_password,
        "The password without escapes.",
    ),
    Row::new("host", 0, host, "The host."),
    Row::new("hostname", 0, hostname, "The host without brackets."),
    Row::new("port", 0, port, "The port."),
    Row::new(
        "default_port",
        0,
        default_port,
        "The port that goes without saying.",
    ),
    Row::new("path", 0, path, "The path."),
    Row::new("query", 0, query, "What stands behind the question mark."),
    Row::new("fragment", 0, fragment, "What stands behind the hash."),
    Row::new("opaque", 0, opaque, "What has no slash behind the scheme."),
    Row::new("registry", 0, nothing, "Nil."),
    Row::new("absolute?", 0, is_absolute, "Whether it has a scheme."),
    Row::new("absolute", 0, is_absolute, "Whether it has a scheme."),
    Row::new("relative?", 0, is_relative, "Whether it has no scheme."),
    Row::new(
        "hierarchical?",
        0,
        is_hierarchical,
        "Whether it has a path.",
    ),
    Row::new("to_s", 0, to_s, "The text."),
    Row::new("to_str", 0, to_s, "The text."),
    Row::new("inspect", 0, inspect, "Class and text."),
];

const SETTING: &[Row] = &[
    Row::new("scheme=", 1, set_scheme, "Sets the scheme."),
    Row::new("userinfo=", 1, set_userinfo, "Sets user and password."),
    Row::new("user=", 1, set_user, "Sets the user."),
    Row::new("password=", 1, set_password, "Sets the password."),
    Row::new("host=", 1, set_host, "Sets the host."),
    Row::new(
        "hostname=",
        1,
        set_hostname,
        "Sets the host, IPv6 without brackets.",
    ),
    Row::new("port=", 1, set_port, "Sets the port."),
    Row::new("path=", 1, set_path, "Sets the path."),
    Row::new("query=", 1, set_query, "Sets the query."),
    Row::new("fragment=", 1, set_fragment, "Sets the fragment."),
    Row::new("dup", 0, dup, "A copy."),
];

const RELATING: &[Row] = &[
    Row::new("merge", 1, merge, "What a relative URI means from here."),
    Row::new("+", 1, merge, "What a relative URI means from here."),
    Row::new("normalize", 0, normalize, "With small letters and a path."),
    Row::new("==", 1, equal, "Whether both mean the same."),
    Row::new("eql?", 1, eql, "Whether both are written the same."),
    Row::new("hash", 0, hash, "Equal for URIs that are `eql?`."),
];

const HTTP: &[Row] = &[
    Row::new("authority", 0, authority, "Host and port."),
    Row::new("origin", 0, origin, "Scheme, host and port."),
];

const REQUEST: &[Row] = &[Row::new("request_uri", 0, request_uri, "Path and query.")];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "DEFAULT_PARSER",
        value: parser,
    },
    Constant {
        name: "RFC2396_PARSER",
        value: parser,
    },
    Constant {
        name: "VERSION",
        value: |vm| Ok(vm.str("1.0.2")),
    },
];

fn parser<'h>(vm: &mut Vm<'h>) -> Res<'h> {
    let class = vm.class_named("URI::RFC2396_Parser");
    Ok(vm.instance_of(class))
}

fn of(value: Value<'_>) -> Option<Parts> {
    let Value::Object(object) = value else {
        return None;
    };
    object.with(|parts: &mut Parts| parts.clone())
}

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Parts> {
    match of(this) {
        Some(parts) => Ok(parts),
        None => vm.unsupported("a URI without parts"),
    }
}

fn make<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, parts: Parts) -> Value<'h> {
    Value::Object(vm.object(class, Data::Opaque(RefCell::new(Box::new(parts)))))
}

/// An object of the class that its scheme has.
fn of_scheme<'h>(vm: &mut Vm<'h>, mut parts: Parts) -> Res<'h> {
    let (class, _) = scheme_class(parts.scheme.as_deref());
    match class {
        "URI::FTP" | "URI::MailTo" => return vm.unsupported(class),
        "URI::File" => {
            let host = parts.host.take().filter(|host| host != "localhost");
            parts.host = Some(host.unwrap_or_default());
            parts.user = None;
            parts.password = None;
            parts.port = None;
        }
        _ => {}
    }
    let class = vm.class_named(class);
    Ok(make(vm, class, parts))
}

fn parts_of_text<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Parts> {
    if let Some(parts) = of(value) {
        return Ok(parts);
    }
    let text = match value {
        Value::String(text) => Some(text),
        _ if vm.responds(value, known::TO_STR) => Some(vm.string(value)?),
        _ => None,
    };
    let Some(text) = text else {
        let shown = vm.inspect(value)?;
        let message = format!("bad URI (is not URI?): {shown}");
        return vm.raise("URI::InvalidURIError", message);
    };
    if !text.with(<[u8]>::is_ascii) {
        let shown = vm.call_named(value, "dump", &[])?;
        let shown = vm.display(shown)?;
        let message = format!("URI must be ascii only {shown}");
        return vm.raise("URI::InvalidURIError", message);
    }
    vm.grow(text.len().saturating_mul(4))?;
    if let Some(parts) = Parts::parse(&text.text()) {
        Ok(parts)
    } else {
        let shown = vm.inspect(value)?;
        let message = format!("bad URI (is not URI?): {shown}");
        vm.raise("URI::InvalidURIError", message)
    }
}

fn parse<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let parts = parts_of_text(vm, args.at(0))?;
    of_scheme(vm, parts)
}

fn convert<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        value if of(value).is_some() => Ok(value),
        Value::String(_) => parse(vm, this, args),
        _ => vm.raise(
            "ArgumentError",
            "bad argument (expected URI object or URI string)",
        ),
    }
}

fn join<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut joined = parts_of_text(vm, args.at(0))?;
    for value in args.values.iter().skip(1) {
        let next = parts_of_text(vm, *value)?;
        joined = merged(vm, &joined, next)?;
    }
    of_scheme(vm, joined)
}

fn merged<'h>(vm: &mut Vm<'h>, base: &Parts, relative: Parts) -> Res<'h, Parts> {
    if relative.scheme.is_some() {
        return Ok(relative);
    }
    if base.scheme.is_none() {
        return vm.raise("URI::BadURIError", "both URI are relative");
    }
    Ok(base.merged(&relative))
}

fn merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let base = own(vm, this)?;
    let relative = parts_of_text(vm, args.at(0))?;
    let parts = merged(vm, &base, relative)?;
    of_scheme(vm, parts)
}

fn normalize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = own(vm, this)?.normalized();
    let class = vm.class_of(this).real();
    Ok(make(vm, class, parts))
}

fn same_class<'h>(vm: &mut Vm<'h>, this: Value<'h>, other: Value<'h>) -> bool {
    vm.class_of(this).real().serial == vm.class_of(other).real().serial
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?.normalized();
    let theirs = of(args.at(0)).map(|parts| parts.normalized());
    let same = same_class(vm, this, args.at(0)) && theirs == Some(mine);
    Ok(Value::Bool(same))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = own(vm, this)?;
    let same = same_class(vm, this, args.at(0)) && of(args.at(0)) == Some(mine);
    Ok(Value::Bool(same))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = to_s(vm, this, args)?;
    vm.call_method(text, known::HASH, &[])
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = own(vm, this)?;
    let class = vm.class_of(this).real();
    Ok(make(vm, class, parts))
}

/// The port that goes without saying for the class of an object.
fn port_of_class<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>) -> Option<i64> {
    let name = vm.class_name(class);
    match name.as_str() {
        "URI::HTTP" | "URI::WS" => Some(80),
        "URI::HTTPS" | "URI::WSS" => Some(443),
        "URI::LDAP" => Some(389),
        "URI::LDAPS" => Some(636),
        _ => None,
    }
}

fn own_port<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Option<i64> {
    let class = vm.class_of(this).real();
    port_of_class(vm, class)
}

fn default_port<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(own_port(vm, this).map_or(Value::Nil, Value::Integer))
}

fn class_port<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    Ok(port_of_class(vm, class).map_or(Value::Nil, Value::Integer))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = own(vm, this)?;
    let port = own_port(vm, this);
    Ok(vm.str(parts.text(port)))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?.text(own_port(vm, this));
    let class = vm.class_of(this).real();
    let class = vm.class_name(class);
    Ok(vm.str(format!("#<{class} {text}>")))
}

/// Methods that give a part, or nil.
macro_rules! readers {
    ($($name:ident: $part:expr;)*) => {
        $(
            fn $name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
                let part: fn(Parts) -> Option<String> = $part;
                let parts = own(vm, this)?;
                Ok(part(parts).map_or(Value::Nil, |text| vm.str(text)))
            }
        )*
    };
}

readers! {
    scheme: |parts| parts.scheme;
    userinfo: |parts| parts.userinfo();
    user: |parts| parts.user;
    password: |parts| parts.password;
    decoded_user: |parts| parts.user.map(|text| decoded(&text));
    decoded_password: |parts| parts.password.map(|text| decoded(&text));
    host: |parts| parts.host;
    hostname: |parts| parts.host.map(|host| without_brackets(&host).to_owned());
    path: |parts| parts.opaque.is_none().then_some(parts.path);
    query: |parts| parts.query;
    fragment: |parts| parts.fragment;
    opaque: |parts| parts.opaque;
}

fn without_brackets(host: &str) -> &str {
    let inner = host.strip_prefix('[');
    inner
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(host)
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&percent_decode(text.as_bytes(), false)).into_owned()
}

fn port<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let port = own(vm, this)?.port;
    Ok(port.map_or(Value::Nil, Value::Integer))
}

fn nothing<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}

fn is_absolute<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.scheme.is_some()))
}

fn is_relative<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.scheme.is_none()))
}

fn is_hierarchical<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.opaque.is_none()))
}

/// Host, with a port that does not go without saying.
fn host_and_port<'h>(vm: &mut Vm<'h>, this: Value<'h>, parts: &Parts) -> String {
    let host = parts.host.clone().unwrap_or_default();
    let default = own_port(vm, this);
    match parts.port.filter(|port| Some(*port) != default) {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

fn authority<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = own(vm, this)?;
    let text = host_and_port(vm, this, &parts);
    Ok(vm.str(text))
}

fn origin<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = own(vm, this)?;
    let text = host_and_port(vm, this, &parts);
    Ok(vm.str(format!("{}://{text}", parts.scheme.unwrap_or_default())))
}

fn request_uri<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = own(vm, this)?;
    if parts.opaque.is_some() {
        return Ok(Value::Nil);
    }
    let text = parts.path_query();
    let slash = if text.starts_with('/') { "" } else { "/" };
    Ok(vm.str(format!("{slash}{text}")))
}

/// A part as text; `None` for nil.
fn part<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Option<String>> {
    match value {
        Value::Nil => Ok(None),
        _ => Ok(Some(vm.display(value)?)),
    }
}

fn bad_component<'h, T>(vm: &mut Vm<'h>, what: &str, text: &str) -> Res<'h, T> {
    let message = format!("bad component(expected {what} component): {text}");
    vm.raise("URI::InvalidComponentError", message)
}

fn set<'h>(vm: &mut Vm<'h>, this: Value<'h>, parts: Parts) -> Res<'h, ()> {
    let Value::Object(object) = this else {
        return Ok(());
    };
    if object.frozen.get() {
        return vm.frozen(this);
    }
    object.with(|old: &mut Parts| *old = parts);
    Ok(())
}

/// Sets one part of a URI, after asking whether the text is one.
fn assign<'h>(vm: &mut Vm<'h>, parts: &mut Parts, name: &str, value: Value<'h>) -> Res<'h, ()> {
    if name == "port" {
        parts.port = port_part(vm, value)?;
        return Ok(());
    }
    let text = part(vm, value)?;
    let given = text.as_deref().unwrap_or_default();
    match name {
        "scheme" => {
            if text.is_some() && !is_scheme(given) {
                return bad_component(vm, "scheme", given);
            }
            parts.scheme = text.map(|text| text.to_lowercase());
        }
        "userinfo" | "user" if !is_user(given) => {
            return bad_component(vm, "userinfo component or user", given);
        }
        "userinfo" => {
            if let Some(text) = text {
                parts.set_userinfo(&text);
            } else {
                parts.user = None;
                parts.password = None;
            }
        }
        "user" => parts.user = text,
        "password" => {
            if parts.user.is_none() && text.is_some() {
                let message = "password component depends user component";
                return vm.raise("URI::InvalidURIError", message);
            }
            if !is_user(given) {
                let message = "bad password component";
                return vm.raise("URI::InvalidComponentError", message);
            }
            parts.password = text;
        }
        "host" => {
            if !is_host(given) {
                return bad_component(vm, "host", given);
            }
            parts.host = text;
        }
        "path" => {
            let absolute = parts.scheme.is_none() || given.is_empty() || given.starts_with('/');
            if !absolute || !is_path(given) {
                return bad_component(vm, "absolute path", given);
            }
            parts.path = given.to_owned();
        }
        "query" => parts.query = text.map(|text| escape_query(&text)),
        "fragment" => parts.fragment = text.map(|text| escape_fragment(&text)),
        _ => {}
    }
    Ok(())
}

fn port_part<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Option<i64>> {
    match value {
        Value::Nil => Ok(None),
        Value::Integer(port) => Ok(Some(port)),
        Value::String(text) if text.with(|bytes| bytes.iter().all(u8::is_ascii_digit)) => {
            Ok(text.text().parse().ok())
        }
        _ => {
            let shown = vm.inspect(value)?;
            bad_component(vm, "port", &shown)
        }
    }
}

/// Methods that set a part.
macro_rules! setters {
    ($($function:ident $name:literal;)*) => {
        $(
            fn $function<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
                let mut parts = own(vm, this)?;
                assign(vm, &mut parts, $name, args.at(0))?;
                set(vm, this, parts)?;
                Ok(args.at(0))
            }
        )*
    };
}

setters! {
    set_scheme "scheme";
    set_userinfo "userinfo";
    set_user "user";
    set_password "password";
    set_host "host";
    set_port "port";
    set_path "path";
    set_query "query";
    set_fragment "fragment";
}

fn set_hostname<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = part(vm, args.at(0))?;
    let host = match text {
        Some(text) if text.contains(':') && !text.starts_with('[') => vm.str(format!("[{text}]")),
        _ => args.at(0),
    };
    set_host(vm, this, &Args::of(&[host]))?;
    Ok(args.at(0))
}

fn build<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (Value::Class(class), Value::Hash(given)) = (this, args.at(0)) else {
        return vm.unsupported("URI.build with a list of parts");
    };
    let name = vm.class_name(class);
    if matches!(
        name.as_str(),
        "URI::FTP" | "URI::MailTo" | "URI::File" | "URI::LDAP"
    ) {
        return vm.unsupported(format!("{name}.build"));
    }
    let scheme = name
        .strip_prefix("URI::")
        .filter(|scheme| *scheme != "Generic");
    let mut parts = Parts {
        scheme: scheme.map(str::to_lowercase),
        ..Parts::default()
    };
    for (key, value) in given.entries() {
        let key = vm.display(key)?;
        assign(vm, &mut parts, &key, value)?;
    }
    parts.port = parts.port.or(port_of_class(vm, class));
    Ok(make(vm, class, parts))
}

const FORM: &[u8] = b"*-._";

fn form_text<'h>(vm: &mut Vm<'h>, value: Value<'h>, space: &str) -> Res<'h, String> {
    let Value::String(text) = vm.to_s(value)? else {
        return Ok(String::new());
    };
    let bytes = text.bytes();
    vm.grow(bytes.len().saturating_mul(3))?;
    Ok(percent_encode(&bytes, FORM, space))
}

fn encode_form_component<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = form_text(vm, args.at(0), "+")?;
    Ok(vm.str(text))
}

fn encode_component<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = form_text(vm, args.at(0), "%20")?;
    Ok(vm.str(text))
}

fn decode_checked<'h>(vm: &mut Vm<'h>, value: Value<'h>, plus: bool) -> Res<'h> {
    let bytes = vm.string(value)?.bytes();
    let broken = bytes.iter().enumerate().any(|(at, byte)| {
        let digits = bytes.get(at + 1..at + 3);
        *byte == b'%' && !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if broken {
        let text = vm.display(value)?;
        return vm.raise("ArgumentError", format!("invalid %-encoding ({text})"));
    }
    vm.grow(bytes.len())?;
    Ok(vm.bytes(percent_decode(&bytes, plus), Encoding::Utf8))
}

fn decode_form_component<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    decode_checked(vm, args.at(0), true)
}

fn decode_component<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    decode_checked(vm, args.at(0), false)
}

fn encode_form<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let pairs = match args.at(0) {
        Value::Hash(hash) => hash.entries(),
        Value::Array(list) => list.to_vec().into_iter().map(pair).collect(),
        other => {
            let name = vm.symbol("map");
            return vm.no_method(other, name, false);
        }
    };
    let mut out = Vec::new();
    for (key, value) in pairs {
        vm.tick(1)?;
        let name = form_text(vm, key, "+")?;
        match value {
            Value::Nil => out.push(name),
            Value::Array(values) => {
                let mut several = Vec::new();
                for value in values.to_vec() {
                    several.push(form_pair(vm, &name, value)?);
                }
                out.push(several.join("&"));
            }
            _ => out.push(form_pair(vm, &name, value)?),
        }
    }
    Ok(vm.str(out.join("&")))
}

fn pair(value: Value<'_>) -> (Value<'_>, Value<'_>) {
    match value {
        Value::Array(pair) => (
            pair.get(0).unwrap_or(Value::Nil),
            pair.get(1).unwrap_or(Value::Nil),
        ),
        _ => (value, Value::Nil),
    }
}

fn form_pair<'h>(vm: &mut Vm<'h>, name: &str, value: Value<'h>) -> Res<'h, String> {
    if value.is_nil() {
        return Ok(name.to_owned());
    }
    let value = form_text(vm, value, "+")?;
    vm.grow(name.len() + value.len())?;
    Ok(format!("{name}={value}"))
}

fn decode_form<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?;
    if !text.with(<[u8]>::is_ascii) {
        let message = "the input of URI.decode_www_form must be ASCII only string";
        return vm.raise("ArgumentError", message);
    }
    let text = text.text();
    let mut found = Vec::new();
    if text.is_empty() {
        return Ok(vm.array(found));
    }
    // A separator at the end begins nothing.
    for piece in text.strip_suffix('&').unwrap_or(&text).split('&') {
        vm.tick(1)?;
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let pair = [name, value].map(|part| {
            let bytes = percent_decode(part.as_bytes(), true);
            vm.bytes(bytes, Encoding::Utf8)
        });
        found.push(vm.array(pair.to_vec()));
    }
    Ok(vm.array(found))
}

fn parser_escape<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = vm.string(args.at(0))?.bytes();
    vm.grow(bytes.len().saturating_mul(3))?;
    let kept = b"-_.!~*'();/?:@&=+$,[]";
    Ok(vm.str(percent_encode(&bytes, kept, "%20")))
}

fn parser_unescape<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = vm.string(args.at(0))?.bytes();
    vm.grow(bytes.len())?;
    Ok(vm.bytes(percent_decode(&bytes, false), Encoding::Utf8))
}
