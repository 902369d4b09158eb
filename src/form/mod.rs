//! Objects, rules and what is known of a node as JSON, and back.
//!
//! Whatever is written is read back exactly. Each thing is an object with a `kind`; a key is the
//! same with only those fields that tell it from others. `netns` is missing for the node's own
//! namespace. What cannot be read says where it stands, and what was expected there.

mod balancer;
mod fault;
mod id;
mod journal;
mod key;
mod nft;
mod read;
mod record;
mod rules;
mod saved;
mod server;
mod set;
mod state;
mod state_read;
mod target;
mod thing;
mod wireguard;

pub use fault::Fault;
pub use id::{id, read_id};
pub use journal::{journal, read_journal};
pub use key::{key, read_key};
pub(crate) use read::items;
pub use record::{read_record, record};
pub use saved::{SavedPlan, is_saved, read_saved, saved};
pub use state::state;
pub use state_read::read_state;
pub use target::{read_target, target};
pub use thing::{read_thing, thing};
