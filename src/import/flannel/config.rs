//! net-conf.json: the networks (netspec 1.1, 1.2).

use super::backend::{self, Backend};
use super::{keys, left_out, object};
use crate::import::object::Object;
use crate::import::tree::Node;
use crate::import::value::Wrong;
use crate::model::{Family, PerFamily, number};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Spanned};

/// The keys of the configuration.
const KEYS: [&str; 13] = [
    "EnableIPv4",
    "EnableIPv6",
    "EnableNFTables",
    "Network",
    "IPv6Network",
    "SubnetLen",
    "SubnetMin",
    "SubnetMax",
    "IPv6SubnetLen",
    "IPv6SubnetMin",
    "IPv6SubnetMax",
    "Backend",
    "Comment",
];

/// A configuration.
pub(super) struct Config {
    pub(super) networks: PerFamily<Network>,
    pub(super) nftables: bool,
    pub(super) backend: Backend,
}

/// The network of one family.
#[derive(Clone, Copy)]
pub(super) struct Network {
    pub(super) network: IpNet,
    /// The prefix length of a node's block.
    pub(super) length: u8,
}

/// What is asked for one family: the keys, and the limits of `Config.Parse` in flannel's
/// pkg/subnet/config.go.
struct Limits {
    family: Family,
    keys: [&'static str; 4],
    /// The longest block that can be stated.
    longest: u8,
    /// The longest network for which a block is chosen.
    largest: u8,
    /// The block that is chosen if there is room for four of them.
    usual: u8,
}

const LIMITS: [Limits; 2] = [
    Limits {
        family: Family::V4,
        keys: ["Network", "SubnetLen", "SubnetMin", "SubnetMax"],
        longest: 30,
        largest: 28,
        usual: 24,
    },
    Limits {
        family: Family::V6,
        keys: ["IPv6Network", "IPv6SubnetLen", "IPv6SubnetMin", "IPv6SubnetMax"],
        longest: 126,
        largest: 124,
        usual: 64,
    },
];

/// Reads a configuration.
pub(super) fn read(document: &Node<'_>, faults: &mut Vec<Diagnostic>) -> Option<Config> {
    let document = keys::known(document, "a configuration of flannel", &KEYS, faults);
    let mut networks = PerFamily::default();
    let nftables = {
        let mut conf = object(&document, "configuration", faults);
        if !conf.is_map(&document) {
            return None;
        }
        let enabled = [
            conf.switch(&document, "EnableIPv4").unwrap_or(true),
            conf.switch(&document, "EnableIPv6").unwrap_or(false),
        ];
        for (limits, _) in LIMITS.iter().zip(enabled).filter(|(_, enabled)| *enabled) {
            if let Some(network) = network(&mut conf, &document, limits) {
                networks.insert(limits.family, network);
            }
        }
        conf.switch(&document, "EnableNFTables").unwrap_or(false)
    };
    let v6 = networks.get(Family::V6).is_some();
    let backend = backend::read(&document, v6, faults)?;
    Some(Config { networks, nftables, backend })
}

fn network(conf: &mut Object<'_, '_>, document: &Node<'_>, limits: &Limits) -> Option<Network> {
    let [key, length, ..] = limits.keys;
    let Some(node) = document.get(key) else {
        let help = match limits.family {
            Family::V4 => "state it, or `\"EnableIPv4\": false`",
            Family::V6 => "state it, or remove `EnableIPv6`",
        };
        conf.missing(document, key, help);
        return None;
    };
    let family = limits.family;
    let network = conf.value(node, |text| {
        let read = text.parse::<IpNet>().ok().map(|net| net.trunc());
        read.filter(|net| Family::of_net(*net) == family).ok_or_else(|| {
            let example = match family {
                Family::V4 => "write it like `10.5.0.0/16`",
                Family::V6 => "write it like `fc00::/48`",
            };
            Wrong::new(format!("is not an {family} network"), example)
        })
    })?;
    let network = network.value;
    let prefix = network.prefix_len();
    let stated = match conf.bounded(document, length, (0, 128)) {
        // 0 is what Go has for a number that is not stated.
        Some((_, 0)) | None => None,
        Some((at, stated)) => Some((at, u8::try_from(stated).unwrap_or(u8::MAX))),
    };
    let length = match stated {
        Some((at, stated)) if stated > limits.longest || stated < prefix + 2 => {
            let why = format!("does not divide {network} as flannel wants it");
            let (least, most) = (prefix + 2, limits.longest);
            let help =
                format!("blocks have a length from {least} to {most}: at least four of them");
            conf.wrong(at, Wrong::new(why, help));
            return None;
        }
        Some((_, stated)) => stated,
        None if prefix > limits.largest => {
            let help = format!("the longest that flannel takes is /{}", limits.largest);
            conf.wrong(node, Wrong::new("is too small a network", help));
            return None;
        }
        None if prefix + 2 <= limits.usual => limits.usual,
        None => prefix + 2,
    };
    let network = Network { network, length };
    let [.., min, max] = limits.keys;
    for key in [min, max] {
        bound(conf, document, key, network);
    }
    Some(network)
}

/// The first or the last block that flannel gives to nodes.
fn bound(
    conf: &mut Object<'_, '_>,
    document: &Node<'_>,
    key: &'static str,
    Network { network, length }: Network,
) {
    let Some(node) = document.get(key) else { return };
    let Some(Spanned { value, span }) = conf.address(node) else { return };
    let block = IpNet::new(value, length).ok().map(|net| net.trunc());
    if block.is_none_or(|block| !network.contains(&block)) {
        let help = format!("choose the first address of a block of {network}");
        conf.wrong(node, Wrong::new(format!("is not within {network}"), help));
    } else if block.is_some_and(|block| number(block.network()) != number(value)) {
        let help = format!("choose the first address of a /{length}");
        conf.wrong(node, Wrong::new("is not where a block begins", help));
    } else {
        conf.faults.push(left_out(
            span,
            format_args!("`{key}`"),
            "netc gives out all blocks, the lowest first: state those of new nodes with `pods`",
        ));
    }
}
