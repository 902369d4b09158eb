//! `netc.lock`: the allocations that the sources do not state.
//!
//! The lock keeps addresses stable: what it records is used again, so adding or removing one
//! thing renumbers nothing else. What the sources state is not in it.

use super::{Family, fault};
use ipnet::IpNet;
use netc_lang::{Diagnostic, Mac, QualifiedName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The version of the format.
const VERSION: u32 = 1;

/// The allocations of one cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lock {
    version: u32,
    cluster: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    nodes: BTreeMap<String, NodeLock>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pods: BTreeMap<String, Vec<IpAddr>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    services: BTreeMap<String, ServiceLock>,
    /// Docker's, by node and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    containers: BTreeMap<String, BTreeMap<String, Vec<IpAddr>>>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct NodeLock {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pods: Vec<IpNet>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    vtep: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ServiceLock {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ip: Vec<IpAddr>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    load_balancer: Vec<IpAddr>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    node_ports: BTreeMap<String, u16>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    proxy_ports: BTreeMap<String, u16>,
}

impl Lock {
    /// An empty lock for a cluster.
    #[must_use]
    pub fn new(cluster: &str) -> Lock {
        Lock { version: VERSION, cluster: cluster.to_owned(), ..Lock::default() }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// What is wrong with the text, as a diagnostic without a place; `path` names the file.
    pub fn parse(text: &str, path: &str) -> Result<Lock, Diagnostic> {
        let lock: Lock = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| text.get(..span.start).unwrap_or("").matches('\n').count() + 1);
            fault::bad_lock(path, line, error.message())
        })?;
        if lock.version != VERSION {
            let why = format!("its version is {}, this release reads {VERSION}", lock.version);
            return Err(fault::bad_lock(path, 1, &why));
        }
        Ok(lock)
    }

    /// The text of the lock file.
    #[must_use]
    pub fn render(&self) -> String {
        let body = toml::to_string(self).unwrap_or_default();
        format!("# Written by `netc lock`: the addresses that the sources do not state.\n{body}")
    }

    /// The cluster whose allocations these are.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// How many allocations are recorded.
    #[must_use]
    pub fn len(&self) -> usize {
        let nodes = self.nodes.values().map(|node| node.pods.len() + node.vtep.len());
        let of = |one: &ServiceLock| {
            one.ip.len() + one.load_balancer.len() + one.node_ports.len() + one.proxy_ports.len()
        };
        let services = self.services.values().map(of);
        let containers = self.containers.values().flat_map(BTreeMap::values).map(Vec::len);
        nodes.chain(self.pods.values().map(Vec::len)).chain(services).chain(containers).sum()
    }

    /// Whether nothing is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn block(&self, node: &str, family: Family) -> Option<IpNet> {
        let blocks = &self.nodes.get(node)?.pods;
        blocks.iter().copied().find(|block| Family::of_net(*block) == family)
    }

    pub(super) fn vteps(&self, node: &str) -> Vec<Mac> {
        let Some(node) = self.nodes.get(node) else { return Vec::new() };
        node.vtep.iter().filter_map(|mac| mac.parse().ok()).collect()
    }

    pub(super) fn pod(&self, name: &QualifiedName, family: Family) -> Option<IpAddr> {
        let addresses = self.pods.get(&name.to_string())?;
        addresses.iter().copied().find(|address| Family::of(*address) == family)
    }

    pub(super) fn service(&self, name: &QualifiedName, family: Family) -> Option<IpAddr> {
        let addresses = &self.services.get(&name.to_string())?.ip;
        addresses.iter().copied().find(|address| Family::of(*address) == family)
    }

    pub(super) fn load_balancer(&self, name: &QualifiedName, family: Family) -> Option<IpAddr> {
        let addresses = &self.services.get(&name.to_string())?.load_balancer;
        addresses.iter().copied().find(|address| Family::of(*address) == family)
    }

    pub(super) fn node_port(&self, name: &QualifiedName, port: &str) -> Option<u16> {
        self.services.get(&name.to_string())?.node_ports.get(port).copied()
    }

    pub(super) fn proxy_port(&self, name: &QualifiedName, port: &str) -> Option<u16> {
        self.services.get(&name.to_string())?.proxy_ports.get(port).copied()
    }

    pub(super) fn container(&self, node: &str, name: &str, family: Family) -> Option<IpAddr> {
        let addresses = self.containers.get(node)?.get(name)?;
        addresses.iter().copied().find(|address| Family::of(*address) == family)
    }

    pub(super) fn record_container(&mut self, node: &str, name: &str, address: IpAddr) {
        let own = self.containers.entry(node.to_owned()).or_default();
        own.entry(name.to_owned()).or_default().push(address);
    }

    pub(super) fn record_block(&mut self, node: &str, block: IpNet) {
        self.nodes.entry(node.to_owned()).or_default().pods.push(block);
    }

    pub(super) fn record_vtep(&mut self, node: &str, vtep: Mac) {
        self.nodes.entry(node.to_owned()).or_default().vtep.push(vtep.to_string());
    }

    pub(super) fn record_pod(&mut self, name: &QualifiedName, address: IpAddr) {
        self.pods.entry(name.to_string()).or_default().push(address);
    }

    pub(super) fn record_service(&mut self, name: &QualifiedName, address: IpAddr) {
        self.services.entry(name.to_string()).or_default().ip.push(address);
    }

    pub(super) fn record_load_balancer(&mut self, name: &QualifiedName, address: IpAddr) {
        let service = self.services.entry(name.to_string()).or_default();
        service.load_balancer.push(address);
    }

    pub(super) fn record_node_port(&mut self, name: &QualifiedName, port: &str, number: u16) {
        let service = self.services.entry(name.to_string()).or_default();
        service.node_ports.insert(port.to_owned(), number);
    }

    pub(super) fn record_proxy_port(&mut self, name: &QualifiedName, port: &str, number: u16) {
        let service = self.services.entry(name.to_string()).or_default();
        service.proxy_ports.insert(port.to_owned(), number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_reads_back_as_it_was_written() {
        let mut lock = Lock::new("lab");
        let name = QualifiedName { namespace: "shop".into(), name: "web".into() };
        lock.record_service(&name, "10.96.0.2".parse().unwrap());
        lock.record_node_port(&name, "http", 30000);
        lock.record_pod(&name, "10.244.0.2".parse().unwrap());
        assert_eq!(Lock::parse(&lock.render(), "netc.lock"), Ok(lock.clone()));
        assert_eq!(lock.len(), 3);
    }

    #[test]
    fn a_faulty_lock_is_refused_with_its_line() {
        let fault = Lock::parse("version = 1\ncluster = \"lab\"\npodz = 3\n", "netc.lock");
        assert!(fault.unwrap_err().message.contains("netc.lock:3"));
        let future = Lock::parse("version = 9\ncluster = \"lab\"\n", "netc.lock");
        assert!(future.unwrap_err().message.contains("version is 9"));
    }
}
