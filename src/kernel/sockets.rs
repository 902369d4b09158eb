//! The sockets of a namespace, as /proc/net/tcp and its kin list them (proc_net_tcp.rst in the
//! kernel's documentation; ipv6/tcp_ipv6.c, `get_tcp6_sock`).

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::{IpAddr, SocketAddr};

/// Those of TCP; the second list is that of IPv6.
pub(super) const TCP: [&str; 2] = ["tcp", "tcp6"];

/// Those of UDP.
pub(super) const UDP: [&str; 2] = ["udp", "udp6"];

/// A socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry<'l> {
    /// Its own address, IPv4 ones as such.
    pub(super) own: SocketAddr,
    /// Its state, by number (net/tcp_states.h): `0A` listens.
    pub(super) state: &'l str,
    /// The number by which processes have it, or zero if none has.
    pub(super) inode: u64,
}

/// Looks at each socket of a list, in the namespace of the calling thread. Without IPv6 its lists are
/// not there.
pub(super) fn look(list: &str, each: impl FnMut(Entry)) -> io::Result<()> {
    match File::open(format!("/proc/thread-self/net/{list}")) {
        Ok(file) => read(BufReader::new(file), each),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn read(mut list: impl BufRead, mut each: impl FnMut(Entry)) -> io::Result<()> {
    let mut line = String::new();
    while list.read_line(&mut line)? > 0 {
        if let Some(entry) = entry(&line) {
            each(entry);
        }
        line.clear();
    }
    Ok(())
}

/// `  3: 5000600A:9C40 5000600A:0050 01 00000000:00000000 00:00000000 00000000  0  0 23 1`
fn entry(line: &str) -> Option<Entry<'_>> {
    let mut words = line.split_ascii_whitespace();
    let (_, own, _, state) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (address, port) = own.split_once(':')?;
    let own = SocketAddr::new(self::address(address)?, u16::from_str_radix(port, 16).ok()?);
    let inode = words.nth(5).and_then(|number| number.parse().ok()).unwrap_or(0);
    Some(Entry { own, state, inode })
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

    #[test]
    fn a_line_is_a_socket() {
        let own = u32::from_ne_bytes([127, 0, 0, 1]);
        let line = format!("0: {own:08X}:0050 00000000:0000 0A 0:0 00:0 0 0 0 21 1\n");
        let read = Entry { own: "127.0.0.1:80".parse().unwrap(), state: "0A", inode: 21 };
        assert_eq!(entry(&line), Some(read));
        let line = format!("0: {0}:01BB {0}:0000 0A\n", "0".repeat(32));
        let read = Entry { own: "[::]:443".parse().unwrap(), state: "0A", inode: 0 };
        assert_eq!(entry(&line), Some(read));
        assert_eq!(entry("  sl  local_address rem_address   st tx_queue\n"), None);
    }
}
