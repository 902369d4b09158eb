//! Configurations of a size and with words that few clusters have, as the real programs read them.

use super::ENGINES;
use crate::lab::run;
use netc::compile::{compile, objects};
use netc::kernel::{Tried, try_config};
use netc::model::{Cluster, NodeId};
use netc::object::State;
use netc_lang::OneText;
use std::fmt::Write as _;

/// The configuration of the first node, which the program takes.
fn taken(source: &str) -> String {
    let compiled = compile(&["test.netc".to_owned()], &mut OneText(source), None);
    let said: Vec<String> = compiled.diagnostics.iter().map(|one| one.message.clone()).collect();
    let cluster: Cluster = compiled.built.unwrap_or_else(|| panic!("{said:#?}")).cluster;
    let ordered = objects(&cluster, &cluster.nodes[0], NodeId(0)).unwrap();
    let mut found = ordered.nodes.iter().filter_map(|node| match &node.object.state {
        State::Balancer(own) => Some(own),
        _ => None,
    });
    let own = found.next().unwrap();
    assert_eq!(try_config(own), Tried::Fine, "{source}");
    own.config.to_string()
}

fn head(engine: &str) -> String {
    format!(
        "cluster lab {{ services 10.96.0.0/16, fd00:10:96::/112; ingress {engine} }}\n\
         node node0 {{ address 192.168.0.10/24, fd01::10/64 on eth0 }}\n"
    )
}

/// More endpoints than fit in the memory that nginx's manual has in its examples.
#[test]
fn a_service_has_as_many_endpoints_as_it_likes() {
    const COUNT: usize = 1000;
    for engine in ENGINES {
        let mut source = head(engine) + "service web { families ipv6; port 80\n";
        for number in 1..=COUNT {
            let _ =
                writeln!(source, "endpoint [fd00:1111:2222:3333:4444:5555:6666:{number:x}]:40080");
        }
        source += "}\ningress front { path / -> web:80 }\n";
        let config = taken(&source);
        assert_eq!(config.matches("]:40080").count(), COUNT, "{engine}");
    }
}

/// More than the words of a line of HAProxy, of which there are 64.
#[test]
fn a_site_has_as_many_certificates_as_it_likes() {
    const COUNT: usize = 100;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display();
    run(&format!(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
         -keyout {folder}/key -out {folder}/crt -subj /CN=shop.example"
    ));
    for engine in ENGINES {
        let mut source = head(engine) + "service web { port 80; endpoint 192.0.2.7:80 }\n";
        for number in 0..COUNT {
            let _ = writeln!(
                source,
                "ingress front{number} {{ host h{number}.example; path / -> web:80; tls s{number} }}\n\
                 secret s{number} {{ certificate \"{folder}/crt\"; key \"{folder}/key\" }}"
            );
        }
        let config = taken(&source);
        assert_eq!(config.matches("# copy: ").count(), 2 * COUNT, "{engine}");
    }
}
