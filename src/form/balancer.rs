//! Programs that serve as JSON, and back.

use super::read::{Read, field, items, optional, string, text, word};
use crate::model::Engine;
use crate::object::{Aside, Balancer, Health, Material};
use netc_lang::Span;
use serde_json::{Value, json};

const ENGINES: [Engine; 2] = [Engine::Nginx, Engine::Haproxy];

/// A program as JSON. That it runs goes without saying, and where an absolute path leads.
pub(super) fn balancer(own: &Balancer) -> Value {
    let mut value = json!({
        "kind": "balancer",
        "engine": own.engine.word(),
        "config": *own.config,
        "material": own.material.iter().map(material).collect::<Value>(),
    });
    if let (Some(word), Value::Object(fields)) = (health_word(own.health), &mut value) {
        fields.insert("health".to_owned(), word.into());
    }
    value
}

fn health_word(health: Health) -> Option<&'static str> {
    match health {
        Health::Runs => None,
        Health::Stopped => Some("stopped"),
        Health::Stale => Some("stale"),
    }
}

fn material(own: &Material) -> Value {
    let mut value = json!({ "name": *own.name, "from": *own.from });
    let elsewhere = own.path.0.as_ref().filter(|path| **path != own.from);
    if let (Some(path), Value::Object(fields)) = (elsewhere, &mut value) {
        fields.insert("path".to_owned(), (**path).into());
    }
    value
}

pub(super) fn engine(value: &Value) -> Read<Engine> {
    word(value, &ENGINES, Engine::word)
}

pub(super) fn read_balancer(value: &Value) -> Read<Balancer> {
    Ok(Balancer {
        engine: field(value, "engine", engine)?,
        config: field(value, "config", text)?,
        material: items(value, "material", read_material)?,
        health: match optional(value, "health", string)? {
            None => Health::Runs,
            Some("stale") => Health::Stale,
            Some(_) => Health::Stopped,
        },
    })
}

fn read_material(value: &Value) -> Read<Material> {
    let (name, from) = (field(value, "name", string)?, field(value, "from", string)?);
    let own = Material::new(name, from, Span::default());
    let path = optional(value, "path", text)?;
    Ok(match path {
        Some(path) => Material { path: Aside(Some(path)), ..own },
        None => own,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{read_state, state};
    use crate::object::State;

    #[test]
    fn what_is_written_is_read() {
        let config = "# copy: a.crt of tls/a.crt\n# copy: a.crt.key of /etc/a.key\nevents { }\n";
        let mut own = Balancer { health: Health::Stale, ..Balancer::new(Engine::Haproxy, config) };
        own.material[0].path = Aside(Some("/src/tls/a.crt".into()));
        let own = State::Balancer(own);
        let Ok(State::Balancer(read)) = read_state(&state(&own).unwrap()) else { panic!() };
        assert_eq!(State::Balancer(read.clone()), own);
        let paths: Vec<_> = read.material.iter().map(|own| own.path.0.as_deref()).collect();
        assert_eq!(paths, [Some("/src/tls/a.crt"), Some("/etc/a.key")]);
    }
}
