//! What HNS is to hold, for people: the plan of a Windows node, and what changes of it.

use super::{Hns, HnsChange, NAME, json::mac};
use crate::model::Node;
use crate::plan::positioned;
use netc_lang::{Sources, Span};
use serde_json::Value;

/// The plan of a Windows node. None of its lines is a command: nobody runs it on the node.
#[must_use]
pub fn plan(node: &Node, hns: Option<&Hns>, sources: &Sources) -> String {
    let mut out = heading(node);
    let Some(hns) = hns else {
        out.push_str("# it runs Windows, and nothing programs services: netc has nothing for it\n");
        return out;
    };
    out.push_str(&format!(
        "# it runs Windows: {NAME} has what its network service (HNS) is to hold, on network {} ({})\n",
        hns.network,
        hns.kind.word()
    ));
    out.push_str(&format!(
        "# {} of other nodes, {}, {} on the node already\n",
        count(hns.remote.len(), "endpoint"),
        count(hns.balancers.len(), "load balancer"),
        count(hns.local.len(), "endpoint"),
    ));
    let mut at = |text: &str, span: Span| {
        positioned(&mut out, text, Some(&sources.locate(span).to_string()));
    };
    let pod = |pod: &Option<String>| pod.as_ref().map_or_else(String::new, |pod| format!(" {pod}"));
    for own in &hns.local {
        at(&format!("# has {}{}", own.address, pod(&own.pod)), own.span);
    }
    for own in &hns.remote {
        let by = own.provider.map_or_else(String::new, |node| format!(" by {node}"));
        let name = pod(&own.pod);
        at(&format!("# endpoint {} {}{by}{name}", own.address, mac(own.address)), own.span);
    }
    for own in &hns.balancers {
        let to: Vec<String> = own.endpoints.iter().map(ToString::to_string).collect();
        let marks = [(own.sticky, ", by client"), (own.dsr, ", direct return")];
        let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        let text = format!(
            "# load balancer {} -> {} port {}{marks}",
            own.name(),
            to.join(", "),
            own.target
        );
        at(&text, own.span);
    }
    out
}

/// As other plans begin.
fn heading(node: &Node) -> String {
    let addresses: Vec<String> = node.addresses.iter().map(|own| own.address.to_string()).collect();
    let blocks: Vec<String> = node.blocks.values().map(ToString::to_string).collect();
    let mut out = format!("# {}", node.name);
    if !addresses.is_empty() {
        out.push_str(&format!("  {}", addresses.join(", ")));
    }
    if !blocks.is_empty() {
        out.push_str(&format!("  pods {}", blocks.join(", ")));
    }
    out.push('\n');
    out
}

/// A change in a line, and the mark before it: `load balancer shop/web:http … -> 10.244.0.2`.
#[must_use]
pub fn changed(change: &HnsChange) -> (char, String) {
    let mark = match (&change.from, &change.to) {
        (None, _) => '+',
        (_, None) => '-',
        _ => '~',
    };
    let to = change.to.as_ref().and_then(|document| document.get("HostComputeEndpoints"));
    let to: Vec<&str> =
        to.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let to = if to.is_empty() { String::new() } else { format!(" -> {}", to.join(", ")) };
    (mark, format!("{} {}{to}", change.what, change.name))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
