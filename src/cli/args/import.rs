//! The command line of imports.

use super::Format;
use super::node_name;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Import {
    #[command(subcommand)]
    pub(in crate::cli) from: ImportFrom,
}

/// Where things are imported from.
#[derive(Subcommand, Debug)]
pub(in crate::cli) enum ImportFrom {
    /// Kubernetes objects, such as `kubectl get nodes,services,endpointslices,pods -A -o json`
    /// writes.
    K8s(ImportK8s),
    /// The CNI configuration of a node: the first one by name.
    Cni(ImportCni),
    /// Docker's networks and containers, such as `docker network inspect` and `docker inspect`
    /// print them.
    Docker(ImportDocker),
    /// Flannel's configuration and the leases of its nodes.
    Flannel(ImportFlannel),
}

/// Where what is imported goes.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ImportInto {
    /// Write this file [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// How to show diagnostics.
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: Format,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ImportK8s {
    /// Files of Kubernetes objects, `-` for standard input, or folders.
    #[arg(default_value = ".", value_name = "FILES")]
    pub(in crate::cli) files: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) into: ImportInto,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ImportCni {
    /// Files .conf and .conflist, or folders of them.
    #[arg(default_value = "/etc/cni/net.d", value_name = "FILES")]
    pub(in crate::cli) files: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) into: ImportInto,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ImportFlannel {
    /// The configuration: net-conf.json, or the value of etcd's key `config`.
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: String,
    /// Leases: what `etcdctl get --prefix /coreos.com/network/subnets` prints; also objects of keys and
    /// values, and what etcd's older interface answers.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) leases: Vec<String>,
    /// The device that has the nodes' addresses: leases do not tell.
    #[arg(long, value_name = "DEVICE", default_value = "eth0")]
    pub(in crate::cli) node_device: String,
    #[command(flatten)]
    pub(in crate::cli) into: ImportInto,
}

#[derive(clap::Args, Debug)]
pub(in crate::cli) struct ImportDocker {
    /// Files of JSON with networks, containers or both; `-` for standard input.
    #[arg(required = true, value_name = "FILES")]
    pub(in crate::cli) files: Vec<String>,
    /// The node that Docker runs on.
    #[arg(long, value_name = "NAME", value_parser = node_name)]
    pub(in crate::cli) node: String,
    #[command(flatten)]
    pub(in crate::cli) into: ImportInto,
}
