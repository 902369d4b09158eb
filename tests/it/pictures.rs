//! What holds for every picture.

use crate::properties::declarations;
use crate::support::compiled_files;
use netc::compile::{Compiled, objects};
use netc::model::{Cluster, NodeId};
use netc::picture::{Detail, Drawing, Frame, Needs, Shape, Topology};
use netc_lang::Sources;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every statement is a file of its own, so that positions do not move.
    #[test]
    fn the_order_of_sources_changes_no_byte(
        (lines, order) in statements().prop_flat_map(|lines| {
            let order: Vec<usize> = (0..lines.len()).collect();
            (Just(lines), Just(order).prop_shuffle())
        })
    ) {
        let ordered: Vec<usize> = (0..lines.len()).collect();
        prop_assert_eq!(written(&lines, &ordered), written(&lines, &order));
    }

    #[test]
    fn texts_are_in_their_boxes_and_boxes_beside_one_another(lines in statements()) {
        let order: Vec<usize> = (0..lines.len()).collect();
        pictures(&lines, &order, &mut |topology, needs| {
            let drawings = topology.iter().map(Topology::drawing);
            for drawing in drawings.chain(needs.iter().map(Needs::drawing)) {
                labels_fit(&drawing);
                frames_are_apart(&drawing);
                well_formed(&drawing.svg());
            }
        });
    }

    #[test]
    fn arrows_lead_forth_and_nothing_is_lost(lines in statements()) {
        let order: Vec<usize> = (0..lines.len()).collect();
        pictures(&lines, &order, &mut |_, needs| {
            for picture in needs {
                let counted: usize = picture.boxes.iter().map(|one| one.count).sum();
                assert_eq!(counted, picture.items);
                for (from, to) in &picture.arrows {
                    assert!(from < to && picture.boxes[*from].layer < picture.boxes[*to].layer);
                }
            }
            if let [folded, full, ..] = needs {
                assert!(folded.boxes.len() <= full.boxes.len());
                assert_eq!(full.boxes.len(), full.items);
            }
        });
    }
}

/// Statements as of other random clusters, with zones, several networks, long names, Docker, what is
/// stated one by one, and endpoints elsewhere.
fn statements() -> impl Strategy<Value = Vec<String>> {
    let more = (0..6usize, 0..40usize, 0..4usize, any::<bool>());
    (declarations(), more).prop_map(|(mut lines, (nodes, pods, services, docker))| {
        let v6 = lines[0].contains("fd00");
        if nodes > 0 {
            // Nodes that need no common network.
            lines[0] = lines[0].replace("host-gw", "vxlan");
        }
        for node in 0..nodes {
            let zone = if node % 2 == 0 { "; zone a-zone" } else { "" };
            let v6 = if v6 { format!(", fd02::{node}/64") } else { String::new() };
            let network = node % 3 + 1;
            lines.push(format!(
                "node m{node} {{ address 192.168.{network}.{}/24{v6} on eth0{zone} }}",
                node + 9
            ));
            if docker {
                let containers =
                    "network bridge { address 172.17.0.1/16 }; container web { publish 8080 -> 80 }; container host { network host }";
                lines.push(format!("docker m{node} {{ {containers} }}"));
            }
        }
        for pod in 0..pods * usize::from(nodes > 0) {
            let name = "a-name-that-is-longer-than-any-box-may-be-wide";
            lines.push(format!(
                "pod ns0/{name}-{pod} on m{} {{ labels app=a{} }}",
                pod % nodes,
                pod % 3
            ));
        }
        for service in 0..services {
            let endpoints: Vec<String> = (0..service * 7 + 1)
                .map(|place| format!("; endpoint 198.51.100.{}:80", place + 1))
                .collect();
            lines.push(format!("service ns0/far{service} {{ port 80{} }}", endpoints.concat()));
        }
        lines
    })
}

/// The pictures of a cluster, folded and in full: of all, and of its first node.
fn pictures(lines: &[String], order: &[usize], with: &mut dyn FnMut(&[Topology], &[Needs])) {
    let names: Vec<String> = (0..lines.len()).map(|place| format!("{place}.netc")).collect();
    let files: Vec<(&str, &str)> =
        order.iter().map(|place| (names[*place].as_str(), lines[*place].as_str())).collect();
    let Compiled { sources, built, diagnostics } = compiled_files(&files);
    let cluster = built.unwrap_or_else(|| panic!("{diagnostics:?}")).cluster;
    let details = [Detail::Folded, Detail::Full];
    let topology = details.map(|detail| Topology::new(&cluster, &sources, detail));
    let needs = details.map(|detail| needs(&cluster, &sources, detail));
    with(&topology, &needs);
}

fn needs(cluster: &Cluster, sources: &Sources, detail: Detail) -> Needs {
    let node = &cluster.nodes[0];
    Needs::new(&node.name, &objects(cluster, node, NodeId(0)).unwrap(), sources, detail)
}

/// All pictures as text.
fn written(lines: &[String], order: &[usize]) -> Vec<String> {
    let mut all = Vec::new();
    pictures(lines, order, &mut |topology, needs| {
        for one in topology {
            all.extend([one.dot(), one.mermaid(), one.drawing().svg()]);
        }
        for one in needs {
            all.extend([one.dot(), one.mermaid(), one.drawing().svg()]);
        }
    });
    all
}

/// Labels are within their boxes, and the others on the paper.
fn labels_fit(drawing: &Drawing) {
    for frame in drawing.frames() {
        for label in &frame.labels {
            let right = label.x + label.width();
            assert!(frame.x <= label.x && right <= frame.x + frame.width, "{label:?} in {frame:?}");
            assert!(
                frame.y < label.y && label.y < frame.y + frame.height,
                "{label:?} in {frame:?}"
            );
        }
    }
    for shape in &drawing.shapes {
        if let Shape::Label(label) = shape {
            assert!(label.x >= 0 && label.x + label.width() <= drawing.width, "{label:?}");
            assert!(label.y > 0 && label.y < drawing.height, "{label:?}");
        }
    }
}

/// Of two boxes one is within the other, or they have nothing in common; no text lies on a box that
/// is not its own.
fn frames_are_apart(drawing: &Drawing) {
    let frames: Vec<&Frame> = drawing.frames().collect();
    for (place, one) in frames.iter().enumerate() {
        assert!(one.x >= 0 && one.x + one.width <= drawing.width, "{one:?}");
        assert!(one.y >= 0 && one.y + one.height <= drawing.height, "{one:?}");
        for other in &frames[place + 1..] {
            assert!(apart(one, other) || within(other, one), "{one:?} and {other:?}");
        }
        for label in frames[..place].iter().flat_map(|before| &before.labels) {
            let beside = label.x + label.width() <= one.x || label.x >= one.x + one.width;
            assert!(
                beside || label.y <= one.y || label.y - 9 >= one.y + one.height,
                "{label:?} under {one:?}"
            );
        }
    }
}

fn apart(one: &Frame, other: &Frame) -> bool {
    one.x + one.width <= other.x
        || other.x + other.width <= one.x
        || one.y + one.height <= other.y
        || other.y + other.height <= one.y
}

fn within(one: &Frame, other: &Frame) -> bool {
    one.x >= other.x
        && one.y >= other.y
        && one.x + one.width <= other.x + other.width
        && one.y + one.height <= other.y + other.height
}

/// Every element ends in its place, attributes are in quotation marks and each there once, and `&`
/// begins an entity (XML 1.0, sections 2 and 3).
fn well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('<') {
        for after in before.split('&').skip(1) {
            let entity = after.split_once(';').map(|(entity, _)| entity);
            assert!(
                entity.is_some_and(|name| ["amp", "lt", "gt", "quot"].contains(&name)),
                "&{after}"
            );
        }
        assert!(!open.is_empty() || before.trim().is_empty(), "{before}");
        let (tag, next) = behind.split_once('>').expect("the tag ends");
        rest = next;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let parts: Vec<&str> = attributes.split('"').collect();
        let mut names = BTreeSet::new();
        for pair in parts.chunks(2).filter(|pair| !pair[0].trim().is_empty()) {
            let [name, _] = pair else { panic!("{tag}") };
            assert!(name.ends_with('=') && names.insert(name.trim()), "{tag}");
        }
        if !empty {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}
