//! Many requests in one datagram.

use super::{HEADER, Message, NLMSG_ERROR, Socket, acknowledgement, frames, header};
use crate::kernel::error::KernelError;
use netlink_packet_core::{NLM_F_ACK, NLM_F_REQUEST};
use nix::errno::Errno;
use nix::libc::MSG_DONTWAIT;
use std::io::ErrorKind;
use std::iter::Peekable;

/// The type of a message that does nothing (linux/netlink.h).
const NLMSG_NOOP: u16 = 1;

/// A datagram of a batch is sent once it is so long. The kernel refuses one longer than the
/// socket's send buffer (af_netlink.c, `netlink_sendmsg`), by default 208 KiB; no request is
/// nearly as long as the difference.
const BATCH: usize = 32 << 10;

/// The room for an acknowledgement. It holds no copy of its request, only a text of at most 80
/// bytes and a few numbers.
const ACKNOWLEDGEMENT: usize = 4 << 10;

impl<M: Message> Socket<M> {
    /// Sends requests, many in one datagram, and gives the first that failed by its place among
    /// them. All before it were carried out. Of those behind it, the ones that stood in the same
    /// datagram were tried as well and may have been carried out; no later datagram was sent.
    ///
    /// A request that succeeds is not acknowledged: the kernel reports failures unasked, and has
    /// dealt with a whole datagram when it acknowledges the message that ends it. So what waits
    /// to be read cannot outgrow the receive buffer.
    pub(in crate::kernel) fn batch<'m>(
        &mut self,
        requests: impl IntoIterator<Item = (&'m M, u16)>,
    ) -> Result<(), (usize, KernelError)>
    where
        M: 'm,
    {
        let mut requests = requests.into_iter().peekable();
        let mut buffer = Vec::with_capacity(2 * BATCH);
        let mut done = 0;
        while requests.peek().is_some() {
            let count = self.fill(&mut buffer, &mut requests);
            self.carry_out(&buffer, count).map_err(|(place, error)| (done + place, error))?;
            done += count;
        }
        Ok(())
    }

    /// Writes requests until a datagram is full; how many.
    fn fill<'m>(
        &mut self,
        buffer: &mut Vec<u8>,
        requests: &mut Peekable<impl Iterator<Item = (&'m M, u16)>>,
    ) -> usize
    where
        M: 'm,
    {
        buffer.clear();
        let mut count = 0;
        while buffer.len() < BATCH
            && let Some((message, flags)) = requests.next()
        {
            self.write(buffer, message, NLM_F_REQUEST | flags);
            count += 1;
        }
        self.sequence = self.sequence.wrapping_add(1);
        header(buffer, HEADER, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, self.sequence);
        count
    }

    /// Sends a datagram of so many requests and reads until it is acknowledged.
    fn carry_out(&self, buffer: &[u8], count: usize) -> Result<(), (usize, KernelError)> {
        let sent = self.inner.send(buffer, 0);
        sent.map_err(|error| (0, KernelError::io("cannot send to the kernel")(error)))?;
        let mut heard = Heard { end: self.sequence, count, failed: None, ended: false };
        let mut answer = Vec::with_capacity(ACKNOWLEDGEMENT);
        let mut lost = None;
        while !heard.ended {
            // The kernel does the work within the call that sends. When there were more failures
            // than the receive buffer holds, it drops the last answers and says so first: then
            // there is nothing to wait for.
            let wait = if heard.failed.is_some() || lost.is_some() { MSG_DONTWAIT } else { 0 };
            answer.clear();
            match self.inner.recv(&mut answer, wait) {
                Ok(_) => heard.read(&answer),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if wait == 0 && error.raw_os_error() == Some(Errno::ENOBUFS as i32) => {
                    lost = Some(error);
                }
                Err(error) => {
                    lost.get_or_insert(error);
                    break;
                }
            }
        }
        if let (None, false, Some(error)) = (&heard.failed, heard.ended, lost) {
            return Err((0, KernelError::io("cannot hear from the kernel")(error)));
        }
        heard.failed.map_or(Ok(()), Err)
    }
}

/// What was heard of a batch.
struct Heard {
    /// The sequence number of the message that ends it; its requests have those before.
    end: u32,
    /// How many requests there are.
    count: usize,
    failed: Option<(usize, KernelError)>,
    ended: bool,
}

impl Heard {
    fn read(&mut self, answer: &[u8]) {
        for frame in frames(answer).filter(|frame| frame.kind == NLMSG_ERROR) {
            self.ended |= frame.sequence == self.end;
            let back = usize::try_from(self.end.wrapping_sub(frame.sequence)).unwrap_or_default();
            if let Some(place) = self.count.checked_sub(back)
                && let (None, Err(error)) = (&self.failed, acknowledgement(&frame))
            {
                self.failed = Some((place, error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer in the kernel's form: the message with a sequence number failed, or did not.
    fn answer(sequence: u32, code: i32) -> Vec<u8> {
        let mut bytes = Vec::new();
        header(&mut bytes, 36, NLMSG_ERROR, 0x100, sequence);
        bytes.extend_from_slice(&code.to_ne_bytes());
        header(&mut bytes, 80, 16, NLM_F_REQUEST, sequence);
        bytes
    }

    #[test]
    fn the_first_failure_is_known_by_its_place() {
        // The numbers of four requests go over the largest: the end has the number 2.
        let mut heard = Heard { end: 2, count: 4, failed: None, ended: false };
        // Something from before, the first request, the second one, the last one.
        for (sequence, code) in [(u32::MAX - 2, -1), (u32::MAX - 1, 0), (u32::MAX, -17), (1, -2)] {
            heard.read(&answer(sequence, code));
        }
        assert!(matches!(
            heard.failed,
            Some((1, KernelError::Netlink { errno: Errno::EEXIST, text: None }))
        ));
        assert!(!heard.ended);
        heard.read(&answer(2, 0));
        assert!(heard.ended);
    }

    #[test]
    fn a_batch_that_succeeded_ends_without_a_failure() {
        let mut heard = Heard { end: 5, count: 4, failed: None, ended: false };
        heard.read(&answer(5, 0));
        assert!(heard.ended && heard.failed.is_none());
        heard.read(&[0; 7]);
    }
}
