//! What other systems hold, from their own files: Kubernetes objects as sources, configuration
//! files to `.netc`.
//!
//! All forms are read in the same way: text to a small tree with positions, the tree field by
//! field, and what is wrong is told with the path of the field.

mod cni;
mod config;
mod docker;
mod document;
mod flannel;
mod json;
mod kubernetes;
mod object;
mod output;
mod places;
mod scalar;
mod tree;
mod value;
mod yaml;

pub use cni::from_cni;
pub use docker::from_docker;
pub use flannel::from_flannel;
pub(crate) use kubernetes::read;
pub use kubernetes::to_netc;
