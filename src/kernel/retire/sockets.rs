//! The node's own connections, as /proc/net/tcp and tcp6 list them (proc_net_tcp.rst in the
//! kernel's documentation; ipv6/tcp_ipv6.c, `get_tcp6_sock`).

use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::object::Netns;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::IpAddr;

/// The lists of the namespace of the calling thread. The second is not there without IPv6.
const FILES: [&str; 2] = ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"];

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
    let count = || {
        let counts = FILES.iter().map(|path| match File::open(path) {
            Ok(file) => in_list(BufReader::new(file), sources),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        });
        counts.sum::<io::Result<usize>>()
    };
    let counted = machine.namespace(&Netns::Node)?.within(count)?;
    counted.map_err(KernelError::io("cannot read the node's connections"))
}

fn in_list(mut list: impl BufRead, sources: &BTreeSet<IpAddr>) -> io::Result<usize> {
    let mut count = 0;
    let mut line = String::new();
    while list.read_line(&mut line)? > 0 {
        count += usize::from(live(&line).is_some_and(|source| sources.contains(&source)));
        line.clear();
    }
    Ok(count)
}

/// The node's own address of a line, if it is of a connection that has not ended:
/// `  3: 5000600A:9C40 5000600A:0050 01 00000000:00000000 …`
fn live(line: &str) -> Option<IpAddr> {
    let mut words = line.split_ascii_whitespace();
    let (_, own, _, state) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if ENDED.contains(&state) {
        return None;
    }
    address(own.split_once(':')?.0)
}

/// Words of 32 bits, each as the number that the machine takes it for. A socket of IPv6 may have a
/// connection of IPv4.
fn address(words: &str) -> Option<IpAddr> {
    let word = |digits: &str| Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes());
    match words.len() {
        8 => Some(word(words)?.into()),
        32 => {
            let mut bytes = [0; 16];
            for (place, slot) in bytes.chunks_exact_mut(4).enumerate() {
                slot.copy_from_slice(&word(words.get(8 * place..8 * place + 8)?)?);
            }
            Some(IpAddr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            in_list(LIST.as_bytes(), &own).unwrap()
        };
        assert_eq!(count(&["10.96.0.80"]), 3);
        assert_eq!(count(&["192.168.0.10"]), 1);
        assert_eq!(count(&["10.96.0.81"]), 0);
        assert_eq!(count(&["fd00:0:96::a00:50", "10.96.0.80"]), 4);
    }
}
