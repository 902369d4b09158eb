//! The configuration of BIRD 2 (its user's guide, chapters 3 to 6).

use super::{Config, RETRY, Session, word};
use crate::model::Family;

pub(super) fn text(config: &Config) -> String {
    let mut out = config.head("#");
    out.push_str(&format!("\nlog syslog all;\nrouter id {};\n", config.id));
    out.push_str("\n# Which networks are at hand; no route of the kernel is read or written.\n");
    out.push_str("protocol device {\n}\n");
    for family in config.families() {
        out.push_str(&routes(config, family));
    }
    for (place, session) in (1..).zip(&config.sessions) {
        out.push_str(&self::session(config, place, session));
    }
    out
}

/// What is told: what comes for it is not for BIRD.
fn routes(config: &Config, family: Family) -> String {
    let word = word(family);
    let mut out = format!("\nprotocol static netc_{word} {{\n    {word};\n");
    for (net, what) in config.routes(family) {
        out.push_str(&format!("    route {net} blackhole;  # {what}\n"));
    }
    out.push_str("}\n");
    out
}

fn session(config: &Config, place: usize, session: &Session) -> String {
    let Session { peer, local, families } = session;
    let mut out = format!(
        "\nprotocol bgp peer{place} {{\n    local {local} as {};\n    neighbor {} as {};\n",
        config.bgp.number, peer.address, peer.number
    );
    match peer.multihop {
        Some(hops) => out.push_str(&format!("    multihop {hops};\n")),
        None => out.push_str("    direct;\n"),
    }
    out.push_str(&format!("    connect retry time {RETRY};\n"));
    out.push_str(&format!("    error wait time {RETRY}, {};\n", 6 * RETRY));
    for (family, own) in families.iter() {
        let word = word(family);
        let next_hop = match family == Family::of(peer.address) {
            true => "next hop self".to_owned(),
            // The session has no address of this family.
            false => format!("next hop address {own}"),
        };
        out.push_str(&format!(
            "    {word} {{\n        import none;\n        export where proto = \"netc_{word}\";\n        {next_hop};\n    }};\n"
        ));
    }
    out.push_str("}\n");
    out
}
