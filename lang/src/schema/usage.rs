//! How statements are written, as one line for people.

use super::{Braces, Definition, Field, Pattern, Shape};

/// The form of a statement: `pod [NAMESPACE/]NAME on NODE { … }`.
#[must_use]
pub fn usage(definition: &Definition) -> String {
    let mut out = String::from(definition.keyword);
    patterns(&mut out, definition.arguments);
    match definition.braces {
        Braces::None => {}
        Braces::Optional(_) => out.push_str(" [{ … }]"),
        Braces::Required(_) => out.push_str(" { … }"),
    }
    out
}

fn patterns(out: &mut String, list: &[Pattern]) {
    for one in list {
        out.push(' ');
        pattern(out, one);
    }
}

fn pattern(out: &mut String, one: &Pattern) {
    let group = |list: &[Pattern]| {
        let mut inner = String::new();
        patterns(&mut inner, list);
        inner
    };
    match one {
        Pattern::One(field) => out.push_str(&name(field)),
        Pattern::Maybe(field) => out.push_str(&format!("[{}]", name(field))),
        Pattern::Many(field) => out.push_str(&format!("{0} [{0} …]", name(field))),
        Pattern::Party(name) => out.push_str(&name.to_uppercase()),
        Pattern::List(list) => {
            let inner = group(list);
            out.push_str(&format!("{0} [,{1} …]", inner.trim_start(), inner));
        }
        Pattern::Tagged(tag, list) => out.push_str(&format!("[{tag}{}]", group(list))),
        Pattern::Required(tag, list) => out.push_str(&format!("{tag}{}", group(list))),
    }
}

fn name(field: &Field) -> String {
    match field.shape {
        Shape::Choice(choices) => {
            choices.iter().map(|choice| choice.word).collect::<Vec<_>>().join("|")
        }
        Shape::Switch => "on|off".into(),
        Shape::PodName | Shape::ServiceName => "[NAMESPACE/]NAME".into(),
        Shape::Pair => "KEY=VALUE".into(),
        Shape::Port => "PORT[/PROTOCOL]".into(),
        Shape::Endpoint => "ADDRESS:PORT".into(),
        Shape::HostPort => "[ADDRESS:]PORT".into(),
        Shape::HostPorts => "[ADDRESS:]PORT[-LAST]".into(),
        Shape::PortRange => "PORT[-LAST][/PROTOCOL]".into(),
        Shape::NetworkMode => "host|none|NETWORK|container:NAME".into(),
        Shape::Interface => "ADDRESS[/LENGTH]".into(),
        Shape::Prefix => "/LENGTH".into(),
        Shape::AddressPool => "NETWORK|FIRST-LAST".into(),
        Shape::AddressRange | Shape::Ports => "FIRST-LAST".into(),
        Shape::PrimaryOrNetwork => "primary|NETWORK".into(),
        Shape::NoneOrAddress => "none|ADDRESS".into(),
        Shape::Destination => "default|NETWORK".into(),
        Shape::Hosts => "NETWORK".into(),
        Shape::RouteTable => "main|local|NUMBER".into(),
        Shape::Mark => "MARK[/MASK]".into(),
        Shape::PortOrPorts => "PORT[-LAST]".into(),
        Shape::Translation => "ADDRESS[:PORT]".into(),
        Shape::Any if matches!(field.name, "=" | "in") => field.name.into(),
        _ => field.name.to_uppercase(),
    }
}
