//! Finding what a word means among the objects of a node.

use super::line::{is_for, is_to, names};
use super::{Meaning, shown};
use crate::graph::{Item, PartKind, Placed};
use crate::object::{LinkKind, Member, State};
use ipnet::IpNet;
use netc_lang::{Protocol, Span};
use std::net::{IpAddr, SocketAddr};

/// Something that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'o> {
    /// Its place among the items of the node.
    pub(super) place: usize,
    /// What of the item it is.
    pub(super) inner: Inner<'o>,
    /// It is what was asked for; else it names that.
    pub(super) itself: bool,
}

impl Found<'_> {
    /// Whether it is a whole item.
    pub(super) fn is_whole(&self) -> bool {
        self.inner == Inner::Whole
    }
}

/// What of an item.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Inner<'o> {
    /// All of it.
    Whole,
    /// A rule of a chain, or an element of a set: at which place, as text, and its statement.
    Line(usize, &'o str, Span),
    /// A member of a set.
    Member(usize),
    /// A real server of a virtual one.
    Real(usize),
}

/// All that a meaning fits, in the order of the items.
pub(super) fn find<'o>(meaning: &Meaning, items: &[Placed<'o>]) -> Vec<Found<'o>> {
    let mut out = Out { found: Vec::new(), place: 0 };
    for (place, placed) in items.iter().enumerate() {
        out.place = place;
        match meaning {
            Meaning::Name { table, name } => {
                if is_named(&placed.item, table.as_deref(), name) {
                    out.add(Inner::Whole, true);
                }
            }
            Meaning::Address(address) => of_address(&placed.item, *address, &mut out),
            Meaning::Network(net) => of_network(&placed.item, *net, &mut out),
            Meaning::Socket(socket, protocol) => {
                of_socket(&placed.item, *socket, *protocol, &mut out);
            }
            Meaning::Port(port, protocol) => of_port(&placed.item, *port, *protocol, &mut out),
            Meaning::Line(text) => of_line(&placed.item, text, &mut out),
        }
    }
    out.found
}

struct Out<'o> {
    found: Vec<Found<'o>>,
    place: usize,
}

impl<'o> Out<'o> {
    fn add(&mut self, inner: Inner<'o>, itself: bool) {
        self.found.push(Found { place: self.place, inner, itself });
    }

    /// The lines of an item that fit: what they are, if anything.
    fn lines(&mut self, item: &Item<'o>, fits: impl Fn(&str) -> Option<bool>) {
        match item {
            Item::Chain(chain) => {
                for (index, rule) in chain.rules().enumerate() {
                    if let Some(itself) = fits(rule.line) {
                        self.add(Inner::Line(index, rule.line, rule.origin), itself);
                    }
                }
            }
            Item::Part(part) => {
                for (index, (line, origin)) in part.lines().with_origins().enumerate() {
                    if let Some(itself) = fits(line) {
                        self.add(Inner::Line(index, line, origin), itself);
                    }
                }
            }
            Item::Object(object) => {
                if let State::Jump(jump) = &object.state
                    && let Some(itself) = fits(&jump.line)
                {
                    self.add(Inner::Whole, itself);
                }
            }
        }
    }

    /// The members of a set that fit.
    fn members(&mut self, item: &Item<'o>, fits: impl Fn(&Member) -> Option<bool>) {
        let Item::Object(object) = item else { return };
        let State::Set(set) = &object.state else { return };
        for (index, member) in set.members.iter().enumerate() {
            if let Some(itself) = fits(member) {
                self.add(Inner::Member(index), itself);
            }
        }
    }

    /// The real servers that fit: they name what was asked for.
    fn reals(&mut self, item: &Item<'o>, fits: impl Fn(SocketAddr) -> bool) {
        let Item::Object(object) = item else { return };
        let State::Virtual(server) = &object.state else { return };
        for (index, real) in server.reals.iter().enumerate() {
            if fits(real.socket) {
                self.add(Inner::Real(index), false);
            }
        }
    }
}

/// The tables and names of an item.
fn is_named(item: &Item, table: Option<&str>, name: &str) -> bool {
    match item {
        Item::Chain(chain) => {
            chain.name.as_str() == name && table.is_none_or(|table| chain.table.name() == table)
        }
        Item::Part(part) => {
            let own = match part.kind {
                PartKind::Set(set) => &set.name,
                PartKind::Chain(chain) => &chain.name,
            };
            own == name && table.is_none_or(|table| is_table(part.table.place().as_str(), table))
        }
        Item::Object(object) => match (&object.state, table) {
            (State::Jump(jump), _) => {
                jump.hook.name() == name && table.is_none_or(|table| jump.table.name() == table)
            }
            (state, None) => is_called(state, name),
            (_, Some(_)) => false,
        },
    }
}

/// Whether an object has a name.
fn is_called(state: &State, name: &str) -> bool {
    match state {
        State::NftTable(own) => is_table(&own.place(), name),
        State::Underlay(own) => *own.name == *name,
        State::Module(own) => *own.name == *name,
        State::Sysctl(own) => *own.key == *name,
        State::Netns(own) => *own.name == *name,
        State::Link(link) => {
            let peer = matches!(&link.kind, LinkKind::Veth(peer) if *peer.name == *name);
            *link.name == *name || peer
        }
        State::Set(set) => set.name.as_str() == name,
        State::Balancer(own) => own.engine.word() == name || own.file() == name,
        _ => false,
    }
}

/// Whether a table of nf_tables is meant: by its name, with or without its family.
fn is_table(place: &str, word: &str) -> bool {
    place == word || place.split_once(' ').is_some_and(|(_, name)| name == word)
}

fn of_address<'o>(item: &Item<'o>, address: IpAddr, out: &mut Out<'o>) {
    if let Item::Object(object) = item {
        let is = |net: &IpNet| net.prefix_len() == net.max_prefix_len() && net.addr() == address;
        let found = match &object.state {
            State::Underlay(own) => own.addresses.contains(&address).then_some(true),
            State::Address(own) => (own.address.addr() == address).then_some(true),
            State::Neighbour(own) => (own.address == address).then_some(true),
            State::Virtual(own) => (own.address.socket.ip() == address).then_some(true),
            State::Route(own) if is(&own.destination) => Some(true),
            State::Route(own) => {
                (own.gateway == Some(address) || own.source == Some(address)).then_some(false)
            }
            State::Fdb(own) => (own.destination == address).then_some(false),
            State::WireguardPeer(own) => {
                own.endpoint.is_some_and(|own| own.ip() == address).then_some(false)
            }
            State::Flush(own) => (own.destination == Some(address)).then_some(false),
            _ => None,
        };
        found.into_iter().for_each(|itself| out.add(Inner::Whole, itself));
    }
    let text = address.to_string();
    out.lines(item, |line| names(line, &text).then_some(false));
    out.members(item, |member| has(member, address).then_some(false));
    out.reals(item, |socket| socket.ip() == address);
}

/// Whether a member of a set has an address.
fn has(member: &Member, address: IpAddr) -> bool {
    match member {
        Member::Address(own)
        | Member::AddressPort(own, ..)
        | Member::AddressPortNetwork(own, ..) => *own == address,
        Member::AddressPortAddress(own, _, _, other) => *own == address || *other == address,
        Member::Port(_) => false,
    }
}

fn of_network<'o>(item: &Item<'o>, net: IpNet, out: &mut Out<'o>) {
    if let Item::Object(object) = item {
        let found = match &object.state {
            State::Route(own) => (own.destination == net).then_some(true),
            // The route that comes with it.
            State::Address(own) => (own.address.trunc() == net
                && net.prefix_len() < net.max_prefix_len())
            .then_some(true),
            State::PolicyRule(own) => {
                (own.from == Some(net) || own.to == Some(net)).then_some(true)
            }
            State::WireguardPeer(own) => own.allowed.contains(&net).then_some(false),
            _ => None,
        };
        found.into_iter().for_each(|itself| out.add(Inner::Whole, itself));
    }
    let text = net.to_string();
    out.lines(item, |line| names(line, &text).then_some(false));
    out.members(item, |member| {
        matches!(member, Member::AddressPortNetwork(.., own) if *own == net).then_some(false)
    });
}

fn of_socket<'o>(
    item: &Item<'o>,
    socket: SocketAddr,
    protocol: Option<Protocol>,
    out: &mut Out<'o>,
) {
    let is = |own: Protocol| protocol.is_none_or(|protocol| protocol == own);
    if let Item::Object(object) = item {
        let (address, port) = (socket.ip(), socket.port());
        let found = match &object.state {
            State::Virtual(own) => {
                (own.address.socket == socket && is(own.address.protocol)).then_some(true)
            }
            State::Flush(own) => {
                let of = own.destination == Some(address) && own.port == port;
                (of && is(Protocol::Udp)).then_some(false)
            }
            State::WireguardPeer(own) => (own.endpoint == Some(socket)).then_some(false),
            _ => None,
        };
        found.into_iter().for_each(|itself| out.add(Inner::Whole, itself));
    }
    out.lines(item, |line| is_for(line, socket, protocol).then_some(true));
    out.members(item, |member| {
        let fits = match member {
            Member::AddressPort(ip, own, number)
            | Member::AddressPortAddress(ip, own, number, _)
            | Member::AddressPortNetwork(ip, own, number, _) => {
                (*ip, *number) == (socket.ip(), socket.port()) && is(*own)
            }
            Member::Address(_) | Member::Port(_) => false,
        };
        fits.then_some(true)
    });
    out.reals(item, |own| own == socket);
}

fn of_port<'o>(item: &Item<'o>, port: u16, protocol: Option<Protocol>, out: &mut Out<'o>) {
    let is = |own: Protocol| protocol.is_none_or(|protocol| protocol == own);
    if let Item::Object(object) = item {
        let found = match &object.state {
            State::Link(link) => match &link.kind {
                LinkKind::Vxlan(vxlan) => (vxlan.port == port && is(Protocol::Udp)).then_some(true),
                _ => None,
            },
            State::Wireguard(own) => (own.port == port && is(Protocol::Udp)).then_some(true),
            State::Virtual(own) => {
                let address = own.address;
                (address.socket.port() == port && is(address.protocol)).then_some(true)
            }
            State::Flush(own) => (own.port == port && is(Protocol::Udp)).then_some(false),
            State::Balancer(own) => {
                let mut all = own.listens();
                all.any(|(_, own, protocol)| own == port && is(protocol)).then_some(true)
            }
            _ => None,
        };
        found.into_iter().for_each(|itself| out.add(Inner::Whole, itself));
    }
    out.lines(item, |line| is_to(line, port, protocol).then_some(true));
    let set = match item {
        Item::Object(object) => match &object.state {
            State::Set(set) => set.name.to_string(),
            _ => String::new(),
        },
        _ => String::new(),
    };
    out.members(item, |member| match member {
        // The protocol of a set of ports stands in its name.
        Member::Port(own) => {
            let of = protocol.is_none_or(|own| set.contains(&own.name().to_uppercase()));
            (*own == port && of).then_some(true)
        }
        Member::AddressPort(_, own, number) => (*number == port && is(*own)).then_some(false),
        _ => None,
    });
}

fn of_line<'o>(item: &Item<'o>, text: &str, out: &mut Out<'o>) {
    out.lines(item, |line| line.contains(text).then_some(line == text));
    if let Item::Object(object) = item
        && !matches!(object.state, State::Jump(_))
    {
        let lines = shown::object(&object.state);
        if let Some(itself) =
            lines.iter().filter(|line| line.contains(text)).map(|line| line == text).max()
        {
            out.add(Inner::Whole, itself);
        }
    }
}
