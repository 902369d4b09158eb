//! The node's own connections.

use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::kernel::sockets::{Entry, TCP, look};
use crate::object::Netns;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

/// States in which there is no connection, or none any more: `TIME_WAIT`, `CLOSE` and `LISTEN`
/// (net/tcp_states.h).
const ENDED: [&str; 3] = ["06", "07", "0A"];

/// How many connections of TCP the node has from some addresses of its own.
pub(in crate::kernel) fn count(
    machine: &mut Machine,
    sources: &BTreeSet<IpAddr>,
) -> Result<usize, KernelError> {
    if sources.is_empty() {
        return Ok(0);
    }
    let count = || -> io::Result<usize> {
        let mut count = 0;
        for list in TCP {
            look(list, |entry| count += usize::from(is_from(entry, sources)))?;
        }
        Ok(count)
    };
    let counted = machine.namespace(&Netns::Node)?.within(count)?;
    counted.map_err(KernelError::io("cannot read the node's connections"))
}

/// Whether it is a connection that has not ended, from one of some addresses.
fn is_from(entry: Entry, sources: &BTreeSet<IpAddr>) -> bool {
    !ENDED.contains(&entry.state) && sources.contains(&entry.own.ip())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sockets::read;

    const LIST: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21 1
   1: 5000600A:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1
   2: 5000600A:9C40 5000600A:0050 01 00000000:00000000 00:00000000 00000000     0        0 23 1
   3: 5000600A:9C41 5000600A:0050 02 00000000:00000000 00:00000000 00000000     0        0 24 1
   4: 5000600A:9C42 5000600A:0050 06 00000000:00000000 00:00000000 00000000     0        0 0 3
   5: 0A00A8C0:9C43 5000600A:0050 01 00000000:00000000 00:00000000 00000000     0        0 25 1
   6: 000000FD00009600000000005000000A:9C44 000000FD000096000000000050000000:0050 08 0 0 0
   7: 0000000000000000FFFF00005000600A:9C45 0000000000000000FFFF00005000600A:0050 04 0 0 0
";

    #[cfg(target_endian = "little")]
    #[test]
    fn connections_from_an_address_that_have_not_ended_are_counted() {
        let count = |own: &[&str]| {
            let own = own.iter().map(|own| own.parse().unwrap()).collect();
            let mut count = 0;
            read(LIST.as_bytes(), |entry| count += usize::from(is_from(entry, &own))).unwrap();
            count
        };
        assert_eq!(count(&["10.96.0.80"]), 3);
        assert_eq!(count(&["192.168.0.10"]), 1);
        assert_eq!(count(&["10.96.0.81"]), 0);
        assert_eq!(count(&["fd00:0:96::a00:50", "10.96.0.80"]), 4);
    }
}
