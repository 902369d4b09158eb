//! The connections of IPVS, as /proc/net/ip_vs_conn lists them (ip_vs_conn.c,
//! `ip_vs_conn_seq_show`).

use crate::kernel::error::KernelError;
use crate::kernel::machine::Machine;
use crate::object::{Netns, VirtualAddress};
use netc_lang::Protocol;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::{IpAddr, SocketAddr};

/// The list of the namespace of the calling thread.
const FILE: &str = "/proc/thread-self/net/ip_vs_conn";

/// How many connections of TCP go through some pairs of a virtual and a real server. Those that
/// have ended, and are kept for late packets, do not count.
pub(in crate::kernel) fn count(
    machine: &mut Machine,
    pairs: &[(VirtualAddress, SocketAddr)],
) -> Result<usize, KernelError> {
    let tcp = pairs.iter().filter(|(address, _)| address.protocol == Protocol::Tcp);
    let wanted: BTreeSet<Pair> = tcp.map(|(address, real)| (address.socket, *real)).collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    machine.namespace(&Netns::Node)?.within(|| match File::open(FILE) {
        Ok(file) => in_list(BufReader::new(file), &wanted)
            .map_err(KernelError::io("cannot read the connections of IPVS")),
        // Without the module there are none.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(KernelError::io("cannot read the connections of IPVS")(error)),
    })?
}

/// The address of a virtual server, and that of a real one.
type Pair = (SocketAddr, SocketAddr);

fn in_list(mut list: impl BufRead, wanted: &BTreeSet<Pair>) -> io::Result<usize> {
    let mut count = 0;
    let mut line = String::new();
    while list.read_line(&mut line)? > 0 {
        count += usize::from(live(&line).is_some_and(|pair| wanted.contains(&pair)));
        line.clear();
    }
    Ok(count)
}

/// The virtual and the real server of a line, if it is of a connection that has not ended:
/// `TCP 0A010002 9C40 0A600001 0050 0AF40002 1F90 ESTABLISHED     899`.
///
/// A persistent client has an entry without a port, which is no connection.
fn live(line: &str) -> Option<Pair> {
    let mut words = line.strip_prefix("TCP ")?.split_ascii_whitespace();
    let (_, from) = (words.next()?, words.next()?);
    let [address, port, real, real_port] =
        [words.next()?, words.next()?, words.next()?, words.next()?];
    let ended = matches!(words.next()?, "TIME_WAIT" | "CLOSE" | "NONE");
    if ended || from == "0000" {
        return None;
    }
    Some((socket(address, port)?, socket(real, real_port)?))
}

/// `0A600001` or `fd00:0000:…`, and `0050`.
fn socket(address: &str, port: &str) -> Option<SocketAddr> {
    let address: IpAddr = match address.parse() {
        Ok(address) => address,
        Err(_) => u32::from_str_radix(address, 16).ok()?.to_be_bytes().into(),
    };
    Some(SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 0A010002 9C40 0A600001 0050 0AF40002 1F90 ESTABLISHED     899
TCP 0A010003 9C41 0A600001 0050 0AF40002 1F90 FIN_WAIT        100
TCP 0A010003 9C42 0A600001 0050 0AF40002 1F90 TIME_WAIT       100
TCP 0A010003 9C43 0A600001 0050 0AF40002 1F90 CLOSE             9
TCP 0A010003 0000 0A600001 0050 0AF40002 1F90 ASSURED       10000
TCP 0A010002 9C40 0A600001 0051 0AF40002 1F90 ESTABLISHED     899
UDP 0A010002 9C40 0A600001 0050 0AF40002 1F90 UDP             299
TCP fd00:0000:0000:0000:0000:0000:0000:0009 9C40 fd00:0000:0000:0000:0000:0000:0000:0001 01BB fd00:0000:0000:0000:0000:0000:0000:0002 20FB SYN_RECV         59
";

    #[test]
    fn what_has_not_ended_is_counted() {
        let count = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let wanted = pairs.map(|(to, real)| (to.parse().unwrap(), real.parse().unwrap()));
            in_list(LIST.as_bytes(), &wanted.collect()).unwrap()
        };
        let v6 = ("[fd00::1]:443", "[fd00::2]:8443");
        assert_eq!(count(&[("10.96.0.1:80", "10.244.0.2:8080")]), 2);
        assert_eq!(count(&[("10.96.0.1:80", "10.244.0.3:8080")]), 0);
        assert_eq!(count(&[v6, ("10.96.0.1:81", "10.244.0.2:8080")]), 2);
    }
}
