//! What `netc trace` says for machines.

use crate::program::Test;
use crate::review::check;
use crate::support::read;
use serde_json::Value;

#[test]
fn the_json_keeps_to_its_schema() {
    let schema: Value = serde_json::from_str(&read("lang/trace.schema.json")).unwrap();
    let test = Test::new(&[("cluster.netc", &read("examples/flannel-vxlan/cluster.netc"))]);
    for (to, code) in [("service/web", 0), ("service/later", 4), ("outside/203.0.113.9", 0)] {
        let run = test.run(&["trace", "pod/web-1", to, "cluster.netc", "--format", "json"]);
        assert_eq!(run.code, Some(code), "{}", run.out);
        let value: Value = serde_json::from_str(&run.out).unwrap();
        check(&schema, &schema, &value).unwrap_or_else(|fault| panic!("{fault}"));
    }
}
