//! A lab: a cluster on this machine, as a tree of processes and nothing else.
//!
//! The hub is a process in a session of its own; its network namespace is the switch that joins the
//! hosts. Each host is a process too, with namespaces for its network, mounts, processes and name; it
//! is the first one in its PID namespace, so everything that runs on the host ends with it
//! (pid_namespaces(7)). Hosts end with the hub (prctl(2), `PR_SET_PDEATHSIG`). So nothing is left of a
//! lab whose hub has ended, however that came about, and nothing of the machine is touched: names of
//! namespaces, locks of tools and what netc remembers lie in file systems that only the host sees.

mod ask;
mod child;
mod desk;
mod down;
mod echo;
mod folder;
mod hold;
mod host;
mod hub;
mod look;
mod mark;
mod mishap;
mod places;
mod process;
mod running;
mod server;
mod space;
mod start;
mod step;
mod tool;
mod up;

pub use ask::{Request, Sent, Spaces, ask};
pub use desk::{Call, Desk, tell_pods};
pub use folder::{Reserved, reserve};
pub use host::{Order, begin, report, settle};
pub use hub::{Task, hub};
pub use look::look;
pub use mishap::{alter, broken, links_of};
pub use places::Places;
pub use running::{Place, Running};
pub use server::Servers;
pub use space::{Space, SpaceCommand};
pub use step::Step;
pub use up::{Coming, Stopped, start};
