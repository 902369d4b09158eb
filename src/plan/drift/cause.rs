//! What is known to make nodes drift, and what helps. The numbers are those of the threads in
//! which users told of it.

use super::{Trouble, tables};
use crate::object::{Health, Link, NftTable, State, Sysctl};
use crate::plan::change::Change;
use crate::plan::generation;
use crate::plan::own::{System, system, system_of_table};
use crate::plan::thing::{Jumps, Rules, Thing};

/// flannel-io/flannel#1155; systemd.link(5)
const MAC: &str = "systemd gives devices addresses of its own choice (flannel#1155): a .link file \
                   with `MACAddressPolicy=none` for this name keeps what netc sets";
/// flannel-io/flannel#1474, systemd/systemd#29716; networkd.conf(5)
const ROUTE: &str = "systemd-networkd removes routes that it did not make whenever it starts \
                     (systemd#29716): `ManageForeignRoutes=no` and \
                     `ManageForeignRoutingPolicyRules=no` in networkd.conf keep them; \
                     NetworkManager does so for devices that it manages";
/// flannel-io/flannel#1070, #1450
const RESTART: &str = "a restart of the network by systemd-networkd or NetworkManager \
                       (flannel#1450): set `Unmanaged=yes` in a .network file for this device, or \
                       `unmanaged-devices` in NetworkManager.conf";
/// flannel-io/flannel#1009
const MTU: &str = "systemd-networkd, NetworkManager or a DHCP client has set an MTU of its own: \
                   leave this device unmanaged";
/// sysctl.d(5)
const PARAMETER: &str = "`sysctl --system` or a tool for configuration has set it anew: look for \
                         it in /etc/sysctl.d, /run/sysctl.d, /usr/lib/sysctl.d, /etc/sysctl.conf \
                         and /etc/ufw/sysctl.conf";
/// netspec section 6
const BRIDGED: &str = "`sysctl --system` has set it anew, as /usr/lib/sysctl.d/00-system.conf or a \
                       libvirt file in /etc/sysctl.d does to keep bridged packets out of iptables";
/// modules-load.d(5)
const MODULE: &str = "modules do not outlive a restart of the machine: name it in a file of \
                      /etc/modules-load.d";
/// firewalld.conf(5), FlushAllOnReload
pub(super) const FLUSHED: &str = "the table was flushed: by `iptables -F`, by a restart of a \
                                  firewall (firewalld with `FlushAllOnReload=yes`, \
                                  iptables.service, nftables.service, ferm), which has to run \
                                  before netc";
/// nft(8); Debian's /etc/nftables.conf begins with it
const RULESET: &str = "`nft flush ruleset` removes everybody's tables: /etc/nftables.conf begins \
                       with it, so nftables.service has to run before netc, and netc again after \
                       each reload of it";
/// nft(8)
const EMPTIED: &str = "`nft flush table` was called for it: rules go, chains and elements stay";
/// firewalld/firewalld#503, moby/moby#49518
const POSITION: &str = "Docker, firewalld or ferm has put its own rules first when it started \
                        (moby#49518, firewalld#503): `netc apply` after it puts the jump back";
const KUBE_PROXY: &str = "a kube-proxy runs here too, or has run since: only one of both may \
                          program a node";
const FLANNELD: &str = "a flanneld runs here too, or has run since: it programs its own peers, and \
                        its rules again every 5 seconds; stop it";
const BY_HAND: &str = "somebody has changed it by hand, or with another tool for firewalls";
/// containernetworking/cni#306, flannel-io/flannel#1850
const SUBNET: &str = "it is left from an earlier network of pods (flannel#1850), or a CNI plugin \
                      has given it: the plugins then refuse to make pods";
/// kubernetes/kubernetes#13375
const PORT: &str = "a restart of the network has taken it out of its bridge, or a CNI plugin has \
                    set it: bridge(8) shows its ports";
const HAIRPIN: &str = "a CNI plugin without `hairpinMode`, or NetworkManager, has set the port \
                       (kubernetes#13375): a pod then cannot reach itself through its service";
const NETNS: &str = "a restart of the machine empties /run/netns; or `ip netns delete`";
const SERVERS: &str = "a kube-proxy or keepalived runs here too, `ipvsadm -C` was called, or somebody \
                       has changed it by hand";
const SETS: &str = "a kube-proxy runs here too, or somebody has changed it with ipset(8)";
const CONNECTIONS: &str = "a client of UDP that keeps its port stays with the endpoint that it had \
                           (kubernetes#19029)";
/// nginx(8), haproxy(1)
const PROGRAM: &str = "programs do not outlive a restart of the machine; otherwise it was killed or \
                       ended by hand: error.log in its folder tells what it said last";
pub(super) const OLD_FLANNEL: &str = "a newer flannel does not remove it (flannel#1167): `netc \
                                      apply --adopt` does";
const FOREIGN: &str = "netc changes nothing of others': remove it, or let netc take it over with \
                       `netc apply --adopt`";

/// The likely cause of a difference.
pub(super) fn of(change: &Change, kind: Trouble) -> Option<String> {
    let cause = match (&change.from, &change.to) {
        (_, Some(Thing::Object(wanted))) => {
            let found = change.from.as_ref().and_then(Thing::state);
            return Some(object(wanted, found, kind));
        }
        (Some(Thing::Object(found)), None) => left(found)?,
        (found, Some(Thing::Chain(wanted))) => return Some(chain(found.as_ref(), wanted)),
        (Some(Thing::Chain(found)), None) => programmer(found.name.as_str()),
        (_, Some(Thing::Jumps(wanted))) => jumps(wanted, kind),
        (Some(Thing::Jumps(found)), None) => jumps(found, kind),
        (None, None) => return None,
    };
    Some(cause.to_owned())
}

fn object(wanted: &State, found: Option<&State>, kind: Trouble) -> String {
    let cause = match (wanted, found) {
        (State::Link(wanted), Some(State::Link(found))) => device(wanted, found),
        (State::Netns(_), _) => NETNS,
        (State::Link(_) | State::Up(_) | State::Address(_), _) => RESTART,
        (State::Route(_), Some(_))
        | (State::Neighbour(_) | State::Fdb(_), _)
        | (State::Wireguard(_) | State::WireguardPeer(_), _) => FLANNELD,
        (State::Route(_), None) | (State::PolicyRule(_), _) => ROUTE,
        (State::Sysctl(Sysctl { key, .. }), _) if key.starts_with("net.bridge.") => BRIDGED,
        (State::Sysctl(_), _) => PARAMETER,
        (State::Module(_), _) => MODULE,
        (State::Port(wanted), Some(State::Port(found)))
            if wanted.bridge == found.bridge && wanted.hairpin != found.hairpin =>
        {
            HAIRPIN
        }
        (State::Port(_), _) => PORT,
        (State::Flush(_), _) => CONNECTIONS,
        (State::Virtual(_), _) => SERVERS,
        (State::Set(_), _) => SETS,
        (State::Balancer(_), Some(State::Balancer(found))) if found.health == Health::Stopped => {
            PROGRAM
        }
        (State::Balancer(_), None) => PROGRAM,
        (State::NftTable(wanted), found) => return table(wanted, found, kind),
        _ => BY_HAND,
    };
    with_help(cause, kind)
}

/// Of a table of nf_tables.
fn table(wanted: &NftTable, found: Option<&State>, kind: Trouble) -> String {
    let other = match system_of_table(&wanted.name) {
        Some(own) => format!("{}, or {BY_HAND}", of_system(own)),
        None => BY_HAND.to_owned(),
    };
    let cause = match found {
        None => RULESET,
        Some(State::NftTable(found)) if tables::is_flushed(wanted, found) => EMPTIED,
        Some(_) => &other,
    };
    with_help(cause, kind)
}

/// What is somebody else's can be taken over.
fn with_help(cause: &str, kind: Trouble) -> String {
    match kind {
        Trouble::Foreign => format!("{cause}; {FOREIGN}"),
        _ => cause.to_owned(),
    }
}

fn device(wanted: &Link, found: &Link) -> &'static str {
    let peer = |link: &Link| match &link.kind {
        crate::object::LinkKind::Veth(peer) => Some(peer.mac),
        _ => None,
    };
    let mac = wanted.mac.is_some() && wanted.mac != found.mac;
    if mac || (peer(wanted).is_some() && peer(wanted) != peer(found)) {
        MAC
    } else if wanted.mtu != found.mtu {
        MTU
    } else if system_device(&wanted.name) {
        FLANNELD
    } else {
        BY_HAND
    }
}

/// Whether flannel makes devices of this name (netspec 1.7, 1.9).
fn system_device(name: &str) -> bool {
    ["flannel.", "flannel-v6.", "flannel-wg"].iter().any(|begin| name.starts_with(begin))
        || name == "flannel0"
}

/// Of something that is there for nothing.
fn left(found: &State) -> Option<&'static str> {
    match found {
        State::Address(_) => Some(SUBNET),
        State::Neighbour(_) | State::Fdb(_) | State::WireguardPeer(_) => Some(FLANNELD),
        State::Port(_) => Some(PORT),
        State::Virtual(_) => Some(SERVERS),
        State::Set(_) => Some(SETS),
        State::NftTable(table) => system_of_table(&table.name).map(of_system),
        _ => None,
    }
}

/// Who else programs chains of this name.
fn programmer(name: &str) -> &'static str {
    system(name).map_or(BY_HAND, of_system)
}

fn of_system(system: System) -> &'static str {
    match system {
        System::KubeProxy => KUBE_PROXY,
        System::Flannel => FLANNELD,
    }
}

fn chain(found: Option<&Thing>, wanted: &Rules) -> String {
    let Some(Thing::Chain(found)) = found else { return FLUSHED.to_owned() };
    if found.text.is_empty() && !wanted.text.is_empty() {
        return FLUSHED.to_owned();
    }
    match generation::of_chain(&found.text) {
        Some(generation) => format!("these are the rules of {generation}; {FLANNELD}"),
        None => format!("{}, or {BY_HAND}", programmer(wanted.name.as_str())),
    }
}

fn jumps(jumps: &Jumps, kind: Trouble) -> &'static str {
    match kind {
        Trouble::Missing => FLUSHED,
        Trouble::Misplaced => POSITION,
        _ if jumps.rules.iter().any(|(_, line)| line.contains("FLANNEL-")) => FLANNELD,
        _ => KUBE_PROXY,
    }
}
