//! Programs that take connections and pass them on: nginx, HAProxy.

use super::{Aside, Id, Text};
use crate::model::Engine;
use netc_lang::{Protocol, Span};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// That a program of the node serves by a configuration of netc's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balancer {
    /// The program. A node has at most one of each.
    pub engine: Engine,
    /// Its configuration, whole.
    pub config: Text,
    /// The files beside it that the configuration names, by name, each once.
    pub material: Vec<Material>,
    /// How it was found; what is to be always runs.
    pub health: Health,
}

/// A copy of a file, for the program to read: a certificate or its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Material {
    /// Its name in the folder of the program.
    pub name: Text,
    /// The file that it is copied from, as stated: a path on the node, or, if it is relative, beside
    /// the source.
    pub from: Text,
    /// Where that is, if it is known.
    pub path: Aside<Option<Text>>,
    /// Where it is stated.
    pub stated: Aside<Span>,
}

impl Material {
    /// A copy of a file.
    #[must_use]
    pub fn new(name: &str, from: &str, stated: Span) -> Material {
        let path = from.starts_with('/').then(|| from.into());
        Material { name: name.into(), from: from.into(), path: Aside(path), stated: Aside(stated) }
    }

    /// The line of a configuration that tells of it.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{COPY}{}{OF}{}", self.name, self.from)
    }

    fn read(line: &str) -> Option<Material> {
        let (name, from) = line.strip_prefix(COPY)?.split_once(OF)?;
        Some(Material::new(name, from, Span::default()))
    }
}

/// How lines of a configuration tell of copies.
const COPY: &str = "# copy: ";
const OF: &str = " of ";

/// How lines of a configuration tell which certificate is for which hosts.
const CERTIFICATE: &str = "# certificate: ";

/// The name of the file with the certificates of hosts, beside `haproxy.cfg`, which names it.
pub const CERTIFICATES: &str = "certificates.list";

/// A line of a configuration that tells for which hosts a certificate is. It is a line of HAProxy's
/// `crt-list` (Configuration Manual 2.6, section 5.1) behind its head; `*` alone stands for no host: the
/// first certificate is the one for clients that name none that is known.
#[must_use]
pub fn certificate_line(file: &str, hosts: &[&str]) -> String {
    format!("{CERTIFICATE}{file} {}", hosts.join(" "))
}

/// The command that writes the list of certificates of a configuration in this folder.
#[must_use]
pub fn certificates_command(file: &str, folder: &str) -> String {
    format!("sed -n 's/^{CERTIFICATE}//p' {file} > {folder}/{CERTIFICATES}")
}

/// What a program is found to do.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Health {
    /// It runs by its configuration.
    #[default]
    Runs,
    /// It does not run.
    Stopped,
    /// It runs, but a file that was copied for it is another one by now.
    Stale,
}

impl Balancer {
    /// A program that is to run by a configuration, which tells of the files beside it.
    #[must_use]
    pub fn new(engine: Engine, config: &str) -> Balancer {
        let material = config.lines().filter_map(Material::read).collect();
        Balancer { engine, config: config.into(), material, health: Health::Runs }
    }

    pub(super) fn id(&self) -> Id {
        Id::Balancer(self.engine)
    }

    /// The ports on which its configuration makes it listen, in the order of the text.
    pub fn listens(&self) -> impl Iterator<Item = (IpAddr, u16, Protocol)> {
        self.config.lines().filter_map(|line| {
            let mut words = line.trim().trim_end_matches(';').split(' ');
            let place = match words.next()? {
                "listen" | "bind" => words.next()?,
                _ => return None,
            };
            let protocol =
                if words.any(|word| word == "udp") { Protocol::Udp } else { Protocol::Tcp };
            let (address, port) = place.rsplit_once(':')?;
            let address = match address {
                "*" | "0.0.0.0" => Ipv4Addr::UNSPECIFIED.into(),
                "[::]" | "::" => Ipv6Addr::UNSPECIFIED.into(),
                other => other.trim_matches(['[', ']']).parse().ok()?,
            };
            Some((address, port.parse().ok()?, protocol))
        })
    }

    /// The file with the certificates of hosts ([`CERTIFICATES`]), if its configuration names one. A line of a
    /// configuration has 64 words at most, a list of files has no end.
    #[must_use]
    pub fn certificates(&self) -> Option<String> {
        let lines = self.config.lines().filter_map(|line| line.strip_prefix(CERTIFICATE));
        let list: String = lines.map(|line| format!("{line}\n")).collect();
        (!list.is_empty()).then_some(list)
    }

    /// The name of its configuration's file.
    #[must_use]
    pub fn file(&self) -> &'static str {
        config_file(self.engine)
    }
}

/// The name of the configuration's file of a program.
#[must_use]
pub fn config_file(engine: Engine) -> &'static str {
    match engine {
        Engine::Nginx => "nginx.conf",
        Engine::Haproxy => "haproxy.cfg",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_stands_in_the_configuration() {
        let config =
            "# netc\n# copy: a.crt of /etc/a of b/tls.crt\n# copy: a.crt.key of tls/a key\n";
        let own = Balancer::new(Engine::Nginx, config);
        let said: Vec<(&str, &str, bool)> =
            own.material.iter().map(|own| (&*own.name, &*own.from, own.path.0.is_some())).collect();
        assert_eq!(
            said,
            [("a.crt", "/etc/a of b/tls.crt", true), ("a.crt.key", "tls/a key", false)]
        );
        assert!(own.material.iter().all(|own| config.contains(&own.line())));
    }

    #[test]
    fn certificates_of_hosts_stand_in_the_configuration() {
        let line = certificate_line("shop_front.crt", &["shop.example", "*.shop.example"]);
        let own = Balancer::new(Engine::Haproxy, &format!("# netc\n{line}\ndefaults\n"));
        let list = "shop_front.crt shop.example *.shop.example\n";
        assert_eq!(own.certificates().as_deref(), Some(list));
        assert_eq!(Balancer::new(Engine::Haproxy, "defaults\n").certificates(), None);
    }

    #[test]
    fn what_it_listens_on_stands_in_the_configuration() {
        let listens = |engine, config: &str| -> Vec<String> {
            let own = Balancer::new(engine, config);
            let said = |(address, port, protocol): (IpAddr, u16, Protocol)| {
                format!("{address} {port} {protocol}")
            };
            own.listens().map(said).collect()
        };
        let nginx = "server {\n  listen 0.0.0.0:80 default_server;\n  listen [::]:443 ssl;\n}\n\
                     listen 10.0.0.1:53 udp reuseport;\n";
        assert_eq!(
            listens(Engine::Nginx, nginx),
            ["0.0.0.0 80 tcp", ":: 443 tcp", "10.0.0.1 53 udp"]
        );
        let haproxy = "frontend http\n    bind 0.0.0.0:80\n    bind [::]:80 v6only\n";
        assert_eq!(listens(Engine::Haproxy, haproxy), ["0.0.0.0 80 tcp", ":: 80 tcp"]);
    }
}
