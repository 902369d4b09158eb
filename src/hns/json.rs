//! `hns.json`, as `lang/hns.schema.json` describes it.

use super::{Balancer, Front, Hns, Remote};
use crate::model::HnsNetwork;
use netc_lang::Protocol;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// The version of the form.
const VERSION: u32 = 1;

/// The endpoint is on another machine (`EndpointFlagsRemoteEndpoint` of hcsshim's `hcn`).
const REMOTE: u32 = 1;

/// Answers go straight to clients; the load balancer is of IPv6 (`LoadBalancerFlags`).
const DSR: u32 = 1;
const IPV6: u32 = 2;

/// The address is brought to the node by routes of the node's own (`LoadBalancerPortMappingFlagsLocalRoutedVIP`).
const LOCAL_ROUTED_VIP: u32 = 2;

/// Connections are shared out by the client's address (`LoadBalancerDistributionSourceIP`).
const SOURCE_IP: u32 = 2;

/// The file.
#[must_use]
pub fn text(hns: &Hns) -> String {
    // Every value of this form can be written.
    serde_json::to_string_pretty(&json(hns)).unwrap_or_default() + "\n"
}

/// The documents.
#[must_use]
pub fn json(hns: &Hns) -> Value {
    let kind = match hns.kind {
        HnsNetwork::L2Bridge => "L2Bridge",
        HnsNetwork::Overlay => "Overlay",
    };
    let local = hns.local.iter().map(|own| json!({ "name": own.address, "pod": own.pod }));
    let remote = hns
        .remote
        .iter()
        .map(|own| json!({ "name": own.address, "pod": own.pod, "document": endpoint(hns, own) }));
    let balancers =
        hns.balancers.iter().map(|own| json!({ "name": own.name(), "document": balancer(own) }));
    json!({
        "version": VERSION,
        "node": hns.node,
        "network": { "Name": hns.network, "Type": kind },
        "local": local.collect::<Vec<_>>(),
        "endpoints": remote.collect::<Vec<_>>(),
        "load-balancers": balancers.collect::<Vec<_>>(),
    })
}

/// The version of HCN's documents.
fn schema() -> Value {
    json!({ "Major": 2, "Minor": 0 })
}

/// `HostComputeEndpoint`
fn endpoint(hns: &Hns, own: &Remote) -> Value {
    let mut all = Map::new();
    let mut say = |key: &str, value: Value| all.insert(key.to_owned(), value);
    say("Name", own.address.to_string().into());
    say("HostComputeNetwork", hns.network.as_str().into());
    say("IpConfigurations", json!([{ "IpAddress": own.address }]));
    say("MacAddress", mac(own.address).into());
    if let Some(provider) = own.provider {
        let settings = json!({ "ProviderAddress": provider });
        say("Policies", json!([{ "Type": "ProviderAddress", "Settings": settings }]));
    }
    say("Flags", REMOTE.into());
    say("SchemaVersion", schema());
    Value::Object(all)
}

/// The Ethernet address of an endpoint elsewhere: `02-11` and the bytes of its address, of IPv6 the last four
/// from the last on (`conjureMac` of `pkg/proxy/winkernel/proxier.go`).
pub(super) fn mac(address: IpAddr) -> String {
    let bytes: Vec<u8> = match address {
        IpAddr::V4(own) => own.octets().to_vec(),
        IpAddr::V6(own) => own.octets().into_iter().rev().take(4).collect(),
    };
    bytes.iter().fold("02-11".to_owned(), |all, byte| format!("{all}-{byte:02x}"))
}

/// `HostComputeLoadBalancer`. What is 0 goes without saying.
fn balancer(own: &Balancer) -> Value {
    let mut all = Map::new();
    let mut say = |key: &str, value: Value| all.insert(key.to_owned(), value);
    say("HostComputeEndpoints", json!(own.endpoints));
    if let Some(vip) = own.source_vip {
        say("SourceVIP", vip.to_string().into());
    }
    if let Some(vip) = own.vip {
        say("FrontendVIPs", json!([vip]));
    }
    say("PortMappings", json!([mapping(own)]));
    let flags = if own.dsr { DSR } else { 0 } | if own.v6 { IPV6 } else { 0 };
    if flags != 0 {
        say("Flags", flags.into());
    }
    say("SchemaVersion", schema());
    Value::Object(all)
}

fn mapping(own: &Balancer) -> Value {
    let protocol = match own.protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    };
    let mut all = Map::new();
    let mut say = |key: &str, value: u32| all.insert(key.to_owned(), value.into());
    say("Protocol", protocol);
    say("InternalPort", own.target.into());
    say("ExternalPort", own.port.into());
    if own.sticky {
        say("DistributionType", SOURCE_IP);
    }
    if own.kind != Front::ClusterIp {
        say("Flags", LOCAL_ROUTED_VIP);
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethernet_addresses_are_made_of_addresses() {
        assert_eq!(mac("10.244.0.12".parse().unwrap()), "02-11-0a-f4-00-0c");
        assert_eq!(mac("fd00::a1b2:c3d4".parse().unwrap()), "02-11-d4-c3-b2-a1");
    }
}
