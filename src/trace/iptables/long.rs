//! Long chains: most of their rules are each for one destination, and need not be looked at for
//! another one.

use crate::object::Chain;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// From how many rules on a chain is long.
const LONG: usize = 64;

/// The places of the rules of a chain, by destination.
#[derive(Debug)]
pub(super) struct Long {
    single: FxHashMap<IpAddr, Vec<usize>>,
    /// Those that may be for any.
    others: Vec<usize>,
}

impl Long {
    /// That of a chain, if it is long.
    pub(super) fn of(chain: &Chain) -> Option<Long> {
        let rules = chain.rules();
        if rules.len() < LONG {
            return None;
        }
        let mut long = Long { single: FxHashMap::default(), others: Vec::new() };
        for (place, rule) in rules.enumerate() {
            match destination(rule.line) {
                Some(address) => long.single.entry(address).or_default().push(place),
                None => long.others.push(place),
            }
        }
        Some(long)
    }

    /// The places of the rules that may be for a destination, in order.
    pub(super) fn places(&self, destination: IpAddr) -> Vec<usize> {
        let own = self.single.get(&destination).map_or(&[][..], Vec::as_slice);
        let mut places = [own, &self.others].concat();
        places.sort_unstable();
        places
    }
}

/// The address that a rule begins with: `-A KUBE-SERVICES -d 10.96.0.1/32`. Rules of netc begin with
/// the address of their destination if they have one and none of their source.
fn destination(line: &str) -> Option<IpAddr> {
    let mut words = line.split(' ').skip(2);
    let net = words.next().filter(|word| *word == "-d").and_then(|_| words.next())?;
    let (address, length) = net.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let whole = if address.is_ipv4() { "32" } else { "128" };
    (length == whole).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_destinations_are_known() {
        let of = |text: &str| destination(&format!("-A KUBE-SERVICES {text}"));
        let address = |text: &str| text.parse().ok();
        assert_eq!(of("-d 10.96.0.1/32 -p tcp -j X"), address("10.96.0.1"));
        assert_eq!(of("-d fd00::1/128 -p tcp -j X"), address("fd00::1"));
        assert_eq!(of("-d 10.96.0.0/16 -j X"), None);
        assert_eq!(of("! -d 10.96.0.1/32 -j X"), None);
        assert_eq!(of("-s 10.0.0.1/32 -d 10.96.0.1/32 -j X"), None);
    }
}
