//! What other systems hold, from their own files: Kubernetes objects as sources, configuration
//! files to `.netc`.
//!
//! All forms are read in the same way: text to a small tree with positions, the tree field by
//! field, and what is wrong is told with the path of the field.

#[expect(dead_code, reason = "the forms of configuration files use it")]
mod config;
mod document;
mod json;
mod kubernetes;
mod object;
mod places;
mod scalar;
mod tree;
mod value;
mod yaml;

pub(crate) use kubernetes::read;
pub use kubernetes::to_netc;
