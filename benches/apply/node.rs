//! The node of the benchmark: compiled, observed and changed.

use crate::cluster;
use netc::graph::{Ordered, order};
use netc::kernel::{self, Interest, Machine};
use netc::lower::{Facts, lower};
use netc::model::{NodeId, build};
use netc::object::{Id, State};
use netc::plan::{self, Backend, Change, Key, Live, Payload, Record, Step};
use netc_lang::{OneText, Program, evaluate, has_errors};
use std::time::{Duration, Instant};

/// The objects of one node of three with so many services; with `moved`, one endpoint of one
/// service in the middle is another one.
pub(crate) fn compiled(services: usize, moved: bool, proxy: &str) -> Ordered {
    let proxy = format!("    proxy {proxy}\n}}\n");
    let mut text = cluster::services(services).replacen("}\n", &proxy, 1);
    if moved {
        let start = text.find(&format!("svc-{} {{", services / 2)).expect("a service");
        let behind = text.split_off(start);
        text.push_str(&behind.replacen("endpoint 10.", "endpoint 10.2", 1));
    }
    let (program, faults) = Program::load(&["bench.netc".into()], &mut OneText(&text));
    assert!(!has_errors(&faults), "{faults:?}");
    let (built, faults) = build(&evaluate(&program).0, None);
    assert!(!has_errors(&faults), "{faults:?}");
    let cluster = built.expect("a cluster").cluster;
    let node = cluster.nodes.first().expect("a node");
    order(lower(&cluster, node, NodeId(0), &Facts::default()).finish().0).expect("no cycle")
}

/// The rules of this namespace, and the tables of nf_tables that are desired.
pub(crate) fn observed(machine: &mut Machine, desired: &Ordered) -> Live {
    let record = Record::default();
    let states = desired.nodes.iter().map(|node| &node.object.state);
    let tables = states.filter(|state| matches!(state, State::NftTable(_)));
    let interest = Interest::new(tables, &record, true);
    kernel::observe(machine, &interest).expect("a node that can be read")
}

/// This node, and the program that iptables is here.
pub(crate) fn opened() -> (Machine, Backend) {
    let mut machine = Machine::open(None).expect("a node");
    let backend = kernel::backend(&mut machine).expect("tools").expect("a back end");
    (machine, backend)
}

/// The same, once it has all that is desired.
pub(crate) fn loaded(desired: &Ordered) -> (Machine, Backend) {
    let (mut machine, backend) = opened();
    let (live, record) = (observed(&mut machine, desired), Record::default());
    apply(&mut machine, &diff(desired, &live, &record), &live, backend);
    (machine, backend)
}

/// Those of the changes that are of rules.
pub(crate) fn diff<'t>(
    desired: &'t Ordered,
    live: &'t Live,
    record: &'t Record,
) -> Vec<Change<'t>> {
    let mut changes = plan::diff(desired, live, record);
    changes.retain(|change| {
        change.key.rules().is_some() || matches!(change.key, Key::Object(Id::NftTable(..)))
    });
    changes
}

/// Makes changes: the time for that, what of it netc itself needed before it called the tools, and
/// the payloads.
pub(crate) fn apply(
    machine: &mut Machine,
    changes: &[Change],
    live: &Live,
    backend: Backend,
) -> (Duration, Duration, Vec<Payload>) {
    let start = Instant::now();
    let mut steps = plan::steps(changes, live, backend, &[]);
    let own = start.elapsed();
    kernel::apply(machine, changes, &steps, Duration::ZERO, &mut |_| {})
        .expect("the kernel takes it");
    let time = start.elapsed();
    let payloads = steps.drain(..).filter_map(|step| match step {
        Step::Restore(payload) => Some(payload),
        _ => None,
    });
    (time, own, payloads.collect())
}
