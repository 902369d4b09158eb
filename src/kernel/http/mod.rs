//! HTTP/1.1 as a small server needs it (RFC 9110, RFC 9112): whoever asks is answered from memory, many
//! at once in one thread, and whatever a client sends, or does not send, costs little.

mod connection;
mod message;
mod server;

pub(super) use connection::Ends;
pub(super) use message::{Request, Response};
pub(super) use server::{Answerer, Server};
