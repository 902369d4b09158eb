//! A netlink socket of one protocol: requests with their acknowledgements, alone and in batches,
//! and dumps.

mod batch;

use super::error::KernelError;
use super::generic;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkDeserializable, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_packet_netfilter::NetfilterMessage;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::SocketAddr;
use netlink_sys::protocols::{NETLINK_GENERIC, NETLINK_NETFILTER, NETLINK_ROUTE};
use nix::errno::Errno;
use std::marker::PhantomData;

/// Message types of every netlink protocol (linux/netlink.h).
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// The length of a message header, and of the error code behind it.
const HEADER: usize = 16;
const CODE: usize = 4;

/// The attribute of an extended acknowledgement that holds its text (`NLMSGERR_ATTR_MSG`).
const EXT_ACK_TEXT: u16 = 1;

/// A dump that changed under way is asked for again, so often.
const DUMP_TRIES: usize = 10;

/// The messages of a netlink protocol.
pub(super) trait Message:
    NetlinkSerializable + NetlinkDeserializable + Clone + Send
{
    /// The protocol's number (linux/netlink.h).
    const PROTOCOL: isize;

    /// Where the protocol's socket is kept.
    fn slot(sockets: &mut Sockets) -> &mut Option<Socket<Self>>;
}

impl Message for RouteNetlinkMessage {
    const PROTOCOL: isize = NETLINK_ROUTE;

    fn slot(sockets: &mut Sockets) -> &mut Option<Socket<Self>> {
        &mut sockets.route
    }
}

impl Message for NetfilterMessage {
    const PROTOCOL: isize = NETLINK_NETFILTER;

    fn slot(sockets: &mut Sockets) -> &mut Option<Socket<Self>> {
        &mut sockets.netfilter
    }
}

impl Message for generic::Message {
    const PROTOCOL: isize = NETLINK_GENERIC;

    fn slot(sockets: &mut Sockets) -> &mut Option<Socket<Self>> {
        &mut sockets.generic
    }
}

/// The sockets of one network namespace, as far as they were needed: to open one may load the
/// module of its protocol.
#[derive(Default)]
pub(super) struct Sockets {
    route: Option<Socket<RouteNetlinkMessage>>,
    netfilter: Option<Socket<NetfilterMessage>>,
    generic: Option<Socket<generic::Message>>,
}

/// A socket in one network namespace.
pub(super) struct Socket<M> {
    inner: netlink_sys::Socket,
    sequence: u32,
    message: PhantomData<M>,
}

/// A message as it came: the header's fields and what follows it.
struct Frame<'b> {
    kind: u16,
    flags: u16,
    sequence: u32,
    whole: &'b [u8],
    body: &'b [u8],
}

impl<M: Message> Socket<M> {
    /// Opens a socket in the namespace of the calling thread.
    pub(super) fn open() -> Result<Socket<M>, KernelError> {
        let open = || {
            let mut inner = netlink_sys::Socket::new(M::PROTOCOL)?;
            inner.bind_auto()?;
            inner.connect(&SocketAddr::new(0, 0))?;
            inner.set_ext_ack(true)?;
            // Errors come without the request that caused them: the text then follows at once.
            inner.set_cap_ack(true)?;
            // Dumps heed the filters in their requests.
            inner.set_netlink_get_strict_chk(true)?;
            Ok(Socket { inner, sequence: 0, message: PhantomData })
        };
        open().map_err(KernelError::io("cannot open a netlink socket"))
    }

    /// Sends a request and waits for its acknowledgement.
    pub(super) fn request(&mut self, message: &M, flags: u16) -> Result<(), KernelError> {
        self.send(message, NLM_F_REQUEST | NLM_F_ACK | flags)?;
        loop {
            let bytes = self.receive()?;
            for frame in frames(&bytes) {
                if frame.sequence == self.sequence && frame.kind == NLMSG_ERROR {
                    return acknowledgement(&frame);
                }
            }
        }
    }

    /// Asks for a list. Of each message only what `found` makes of it is kept: a list can be
    /// much longer than what is wanted of it.
    pub(super) fn dump<T>(
        &mut self,
        message: &M,
        found: impl Fn(M) -> Option<T>,
    ) -> Result<Vec<T>, KernelError> {
        let mut last = Vec::new();
        for _ in 0..DUMP_TRIES {
            self.send(message, NLM_F_REQUEST | NLM_F_DUMP)?;
            let (list, interrupted) = self.collect(&found)?;
            if !interrupted {
                return Ok(list);
            }
            last = list;
        }
        Ok(last)
    }

    /// Asks for one thing; what `found` makes of the answer.
    pub(super) fn ask<T>(
        &mut self,
        message: &M,
        found: impl Fn(M) -> Option<T>,
    ) -> Result<Option<T>, KernelError> {
        self.send(message, NLM_F_REQUEST | NLM_F_ACK)?;
        let (answers, _) = self.collect(found)?;
        Ok(answers.into_iter().next())
    }

    /// What was found in a dump, and whether the list changed while it was read.
    fn collect<T>(
        &mut self,
        found: impl Fn(M) -> Option<T>,
    ) -> Result<(Vec<T>, bool), KernelError> {
        let mut list = Vec::new();
        let mut interrupted = false;
        loop {
            let bytes = self.receive()?;
            for frame in frames(&bytes).filter(|frame| frame.sequence == self.sequence) {
                interrupted |= frame.flags & NLM_F_DUMP_INTR != 0;
                match frame.kind {
                    NLMSG_DONE => return Ok((list, interrupted)),
                    NLMSG_ERROR => {
                        acknowledgement(&frame)?;
                        return Ok((list, interrupted));
                    }
                    _ => list.extend(decode(frame.whole)?.and_then(&found)),
                }
            }
        }
    }

    fn send(&mut self, message: &M, flags: u16) -> Result<(), KernelError> {
        let mut buffer = Vec::new();
        self.write(&mut buffer, message, flags);
        self.inner.send(&buffer, 0).map(drop).map_err(KernelError::io("cannot send to the kernel"))
    }

    /// Appends a message with the next sequence number.
    fn write(&mut self, buffer: &mut Vec<u8>, message: &M, flags: u16) {
        self.sequence = self.sequence.wrapping_add(1);
        let length = message.buffer_len();
        header(buffer, HEADER + length, message.message_type(), flags, self.sequence);
        let start = buffer.len();
        // Padding between attributes is not written: it must be zero beforehand.
        buffer.resize(start + length.next_multiple_of(4), 0);
        if let Some(body) = buffer.get_mut(start..start + length) {
            message.serialize(body);
        }
    }

    fn receive(&self) -> Result<Vec<u8>, KernelError> {
        let received = self.inner.recv_from_full();
        received.map(|(bytes, _)| bytes).map_err(KernelError::io("cannot hear from the kernel"))
    }
}

/// Appends the header of a message of so many bytes (linux/netlink.h, `struct nlmsghdr`); the
/// kernel knows the sender by its socket.
fn header(buffer: &mut Vec<u8>, length: usize, kind: u16, flags: u16, sequence: u32) {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    buffer.extend_from_slice(&length.to_ne_bytes());
    buffer.extend_from_slice(&kind.to_ne_bytes());
    buffer.extend_from_slice(&flags.to_ne_bytes());
    buffer.extend_from_slice(&sequence.to_ne_bytes());
    buffer.extend_from_slice(&[0; 4]);
}

/// The messages in a datagram; each begins at a multiple of four bytes.
fn frames(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = usize::try_from(u32_at(rest, 0)?).ok()?;
        let whole = rest.get(..length).filter(|whole| whole.len() >= HEADER)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Frame {
            kind: u16_at(whole, 4)?,
            flags: u16_at(whole, 6)?,
            sequence: u32_at(whole, 8)?,
            body: whole.get(HEADER..)?,
            whole,
        })
    })
}

/// Reads an error frame: code zero is success.
fn acknowledgement(frame: &Frame) -> Result<(), KernelError> {
    let code = u32_at(frame.body, 0).map(u32::cast_signed);
    match code {
        Some(0) => Ok(()),
        Some(code) => Err(KernelError::Netlink {
            errno: Errno::from_raw(code.saturating_neg()),
            text: extended_text(frame.body.get(CODE + HEADER..).unwrap_or_default()),
        }),
        None => Err(KernelError::Garbled("an error without a code".into())),
    }
}

/// The text among the attributes of an extended acknowledgement.
fn extended_text(attributes: &[u8]) -> Option<String> {
    let mut rest = attributes;
    loop {
        let length = usize::from(u16_at(rest, 0)?);
        let value = rest.get(4..length)?;
        if u16_at(rest, 2)? & 0x3fff == EXT_ACK_TEXT {
            let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
            return Some(String::from_utf8_lossy(text).into_owned());
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn decode<M: Message>(bytes: &[u8]) -> Result<Option<M>, KernelError> {
    let message = NetlinkMessage::<M>::deserialize(bytes)
        .map_err(|error| KernelError::Garbled(error.to_string()))?;
    Ok(match message.payload {
        NetlinkPayload::InnerMessage(inner) => Some(inner),
        _ => None,
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}
