//! Random clusters from one proxy mode to another and back, and from some services to others, on a
//! node that is only thought of. A failure names its seed.

use crate::properties::everything_has_a_place;
use crate::random::{Random, list};
use crate::support::compiled_files;
use crate::tables::Kernel;
use netc::compile::objects;
use netc::graph::Ordered;
use netc::model::NodeId;
use netc::object::{Id, State};
use netc::plan::{
    Backend, Change, Key, Kind, Live, Record, Step, Target, converge, diff, leave_input, set_input,
    steps, transactions,
};
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: u64 = 40;

/// The first node.
fn node(random: &Random, seed: u64) -> Ordered {
    let text = list(&random.objects);
    let compiled = compiled_files(&[("cluster.netc", &random.settings), ("all.json", &text)]);
    let Some(built) = compiled.built else { panic!("seed {seed}: {:#?}", compiled.diagnostics) };
    objects(&built.cluster, &built.cluster.nodes[0], NodeId(0)).unwrap()
}

/// The same without the endpoints of every other slice, and without every fifth service.
fn fewer(mut random: Random) -> Random {
    let mut number = 0;
    random.objects.retain_mut(|object| {
        number += 1;
        if object["kind"] == "EndpointSlice" && number % 2 == 0 {
            object["endpoints"] = serde_json::json!([]);
        }
        object["kind"] != "Service" || number % 5 != 0
    });
    random
}

#[test]
fn every_way_from_one_state_to_another_leads_there_and_back() {
    for seed in 0..SEEDS {
        let ipvs = node(&Random::new(seed).in_ipvs_mode(), seed);
        let less = node(&fewer(Random::new(seed).in_ipvs_mode()), seed);
        let iptables = node(&Random::new(seed), seed);
        let tables = node(&Random::new(seed).in_nftables_mode("1.36"), seed);
        let fewer_tables = node(&fewer(Random::new(seed).in_nftables_mode("1.36")), seed);
        let older = node(&Random::new(seed).in_nftables_mode("1.35"), seed);
        let flat = node(&Random::new(seed).in_nftables_mode("flat"), seed);
        let less_flat = node(&fewer(Random::new(seed).in_nftables_mode("flat")), seed);
        [&tables, &older, &flat].into_iter().for_each(everything_has_a_place);
        let nothing = Ordered::default();
        for (from, to) in [
            (&ipvs, &less),
            (&ipvs, &iptables),
            (&ipvs, &nothing),
            (&tables, &fewer_tables),
            (&tables, &older),
            (&tables, &flat),
            (&flat, &less_flat),
            (&tables, &iptables),
            (&tables, &ipvs),
            (&tables, &nothing),
        ] {
            leads_there(from, to, seed);
            leads_there(to, from, seed);
        }
    }
}

fn leads_there(from: &Ordered, to: &Ordered, seed: u64) {
    let (was, is) = (Live::of(from), Live::of(to));
    let record = Record { managed: true, ..Record::default() };
    let changes = diff(to, &was, &record);
    carried_out(&was, &is, &changes, seed);
    let (before, after) = (Target::before(&changes), Target::after(&changes));
    assert!(converge(&before, &was).is_empty(), "seed {seed}: nothing has happened yet");
    assert!(converge(&after, &is).is_empty(), "seed {seed}: it leads to where it should");
    carried_out(&is, &was, &converge(&before, &is), seed);
}

fn tables(live: &Live) -> Kernel {
    let tables = live.states.values().filter_map(|found| match &found.state {
        State::NftTable(table) => Some(table),
        _ => None,
    });
    Kernel::of(tables)
}

type Sets = BTreeMap<String, BTreeSet<String>>;

fn sets(live: &Live) -> Sets {
    let sets = live.states.values().filter_map(|found| match &found.state {
        State::Set(set) => Some(set),
        _ => None,
    });
    let members = |set: &netc::object::Ipset| set.members.iter().map(ToString::to_string).collect();
    sets.map(|set| (set.name.to_string(), members(set))).collect()
}

/// As `ipset restore` would do it: nothing is made twice, and nothing goes that is not there.
fn restore(sets: &mut Sets, input: &str) {
    for line in input.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let done = match words.as_slice() {
            ["create", name, ..] => sets.insert((*name).to_owned(), BTreeSet::new()).is_none(),
            ["destroy", name] => sets.remove(*name).is_some(),
            ["add", name, member] => sets.get_mut(*name).unwrap().insert((*member).to_owned()),
            ["del", name, member] => sets.get_mut(*name).unwrap().remove(*member),
            _ => false,
        };
        assert!(done, "{line}");
    }
}

fn carried_out(was: &Live, is: &Live, changes: &[Change], seed: u64) {
    let (mut sets, wanted) = (sets(was), sets(is));
    let mut servers: BTreeSet<Id> = ids(was);
    let mut kernel = tables(was);
    let (mut rules, mut drained) = (false, false);
    for step in steps(changes, was, Backend::Nft, &[]) {
        match step {
            Step::Sets(places) => {
                assert!(!rules, "seed {seed}: sets behind rules");
                restore(&mut sets, &set_input(changes, &places).0);
            }
            Step::Leave(places) => restore(&mut sets, &leave_input(changes, &places).0),
            Step::Drain(_) => drained = true,
            Step::Restore(_) => rules = true,
            Step::Tables(places) => {
                let removes = changes[places[0]].kind == Kind::Remove;
                assert!(removes || !rules, "seed {seed}: tables behind rules");
                transactions(changes, &places).iter().for_each(|one| kernel.run(one));
                rules = true;
            }
            Step::Flush(..) => {}
            Step::Object(place) => {
                let change = &changes[place];
                let Key::Object(id) = &change.key else { panic!("{}", change.key) };
                match (change.kind, id) {
                    (Kind::Remove, Id::Virtual(_)) => {
                        assert!(drained || !loses(change), "seed {seed}: {id}");
                        assert!(servers.remove(id), "seed {seed}: {id}");
                    }
                    (_, Id::Virtual(_)) => {
                        assert!(!rules, "seed {seed}: {id}");
                        servers.insert(id.clone());
                    }
                    (kind, Id::Address(_, link, address)) if &**link == "kube-ipvs0" => {
                        let answers = servers.iter().any(|id| match id {
                            Id::Virtual(server) => server.socket.ip() == address.addr(),
                            _ => false,
                        });
                        assert!(answers, "seed {seed}: {kind:?} {id}");
                    }
                    _ => {}
                }
            }
        }
    }
    assert_eq!((sets, servers), (wanted, ids(is)), "seed {seed}");
    assert_eq!(kernel, tables(is), "seed {seed}");
}

fn loses(change: &Change) -> bool {
    match change.from.as_ref().and_then(|thing| thing.state()) {
        Some(State::Virtual(server)) => !server.reals.is_empty(),
        _ => false,
    }
}

fn ids(live: &Live) -> BTreeSet<Id> {
    live.states.keys().filter(|id| matches!(id, Id::Virtual(_))).cloned().collect()
}
