//! Generic netlink: families of messages that the kernel numbers as they come (linux/genetlink.h).

use super::error::KernelError;
use super::socket::Socket;
use netlink_packet_core::{
    DecodeError, Emitable, NLA_F_NESTED, NLA_HEADER_SIZE, NLA_TYPE_MASK, NlasIterator,
    ParseableParametrized,
};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};

/// A message of any family: its number is the message's type.
pub(super) type Message = GenlMessage<Payload>;

/// The family that knows the others (`GENL_ID_CTRL`), its version, the command that lists them
/// (`CTRL_CMD_GETFAMILY`) and their attributes (`CTRL_ATTR_FAMILY_ID`, `CTRL_ATTR_FAMILY_NAME`).
const CONTROL: u16 = 0x10;
const CONTROL_VERSION: u8 = 2;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;

/// What follows the header of a message: attributes, as bytes. Whoever reads them skips those that
/// it does not know: the next kernel has more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Payload {
    pub(super) command: u8,
    version: u8,
    pub(super) attributes: Vec<u8>,
}

impl GenlFamily for Payload {
    /// Of no family in particular.
    fn family_name() -> &'static str {
        ""
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        self.version
    }
}

impl Emitable for Payload {
    fn buffer_len(&self) -> usize {
        self.attributes.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        if let Some(start) = buffer.get_mut(..self.attributes.len()) {
            start.copy_from_slice(&self.attributes);
        }
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Payload {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Payload, DecodeError> {
        let GenlHeader { cmd: command, version } = header;
        Ok(Payload { command, version, attributes: bytes.to_vec() })
    }
}

/// A message of a family.
pub(super) fn message(family: u16, version: u8, command: u8, attributes: Vec<u8>) -> Message {
    let header = GenlHeader { cmd: command, version };
    GenlMessage::new(header, Payload { command, version, attributes }, family)
}

/// The number of a family; `None` if the kernel does not have it now. All families are listed: to
/// ask for one by name would load its module (genetlink.c, `ctrl_getfamily`).
pub(super) fn family(socket: &mut Socket<Message>, name: &str) -> Result<Option<u16>, KernelError> {
    let question = message(CONTROL, CONTROL_VERSION, GET_FAMILY, Vec::new());
    let found = socket.dump(&question, |answer| number(&answer.payload.attributes, name))?;
    Ok(found.first().copied())
}

/// The number in an answer, if it is of the family of that name.
fn number(attributes: &[u8], wanted: &str) -> Option<u16> {
    let (mut id, mut named) = (None, false);
    for (kind, value) in read(attributes) {
        match kind {
            FAMILY_ID => id = value.try_into().ok().map(u16::from_ne_bytes),
            FAMILY_NAME => named = text(value) == wanted.as_bytes(),
            _ => {}
        }
    }
    id.filter(|_| named)
}

/// The attributes in some bytes, up to the first that is garbled.
pub(super) fn read(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(bytes).map_while(Result::ok).filter_map(|attribute| {
        let value = attribute.into_inner().get(NLA_HEADER_SIZE..usize::from(attribute.length()))?;
        Some((attribute.kind(), value))
    })
}

/// A text without the zero that ends it.
pub(super) fn text(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Appends an attribute.
pub(super) fn write(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(NLA_HEADER_SIZE + value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Appends an attribute that holds attributes.
pub(super) fn nest(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    write(out, (kind & NLA_TYPE_MASK) | NLA_F_NESTED, &[]);
    fill(out);
    let length = u16::try_from(out.len() - start).unwrap_or(u16::MAX).to_ne_bytes();
    if let Some(place) = out.get_mut(start..start + length.len()) {
        place.copy_from_slice(&length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::NetlinkSerializable;

    #[test]
    fn attributes_are_read_as_they_are_written() {
        let mut bytes = Vec::new();
        write(&mut bytes, 1, &[7]);
        nest(&mut bytes, 2, |out| write(out, 3, b"IPVS\0"));
        assert_eq!(bytes.len(), 8 + 4 + 12);
        let all: Vec<(u16, &[u8])> = read(&bytes).collect();
        assert_eq!(all[0], (1, &[7][..]));
        assert_eq!(all[1].0, 2);
        let inner: Vec<(u16, &[u8])> = read(all[1].1).collect();
        assert_eq!(inner, [(3, &b"IPVS\0"[..])]);
        assert_eq!(text(inner[0].1), b"IPVS");
        // What is cut short is not read.
        assert_eq!(read(&bytes[..10]).count(), 1);
    }

    #[test]
    fn a_family_is_known_by_its_whole_name() {
        let mut bytes = Vec::new();
        write(&mut bytes, FAMILY_NAME, b"IPVS\0");
        write(&mut bytes, FAMILY_ID, &33_u16.to_ne_bytes());
        write(&mut bytes, 99, &[1, 2, 3]);
        assert_eq!(number(&bytes, "IPVS"), Some(33));
        assert_eq!(number(&bytes, "IPV"), None);
    }

    #[test]
    fn the_header_is_as_the_kernel_wants_it() {
        let message = message(33, 1, 5, vec![9, 9, 9, 9]);
        let mut bytes = vec![0; NetlinkSerializable::buffer_len(&message)];
        message.serialize(&mut bytes);
        assert_eq!((message.message_type(), bytes), (33, vec![5, 1, 0, 0, 9, 9, 9, 9]));
    }
}
