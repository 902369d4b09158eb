//! Changes of the live node.

use super::args::{Format, LiveNode};
use super::look::look;
use super::side::Side;
use super::site::Site;
use super::suited;
use super::ui::Ui;
use crate::plan::{Change, diff, fingerprint};
use crate::review::{Fate, NodeChanges};
use netc_lang::{Diagnostic, code};

/// What changes on the live node, and the fingerprint of its state. Nothing is written.
pub(super) fn changes(
    desired: &Side,
    nodes: &[String],
    live: &LiveNode,
    format: Format,
    ui: &mut Ui,
) -> Result<(NodeChanges, String), u8> {
    let Side::Sources(ready) = desired else {
        let fault = Diagnostic::new(code::NO_SOURCES, "the live node is compared with sources")
            .help("name sources; two builds are compared with `netc diff OLD NEW`");
        return Err(ui.fail(fault, format));
    };
    let mut site = Site::open(live.netns.as_deref(), format, ui)?;
    let (id, node) = site.node(nodes.first(), ready, ui)?;
    let ordered = suited::objects(ready, (id, node), format, ui)?;
    let looked = look(&mut site, &ordered, live.adopt, ready, format, ui)?;
    let fingerprint = fingerprint(&looked.live, &looked.record);
    let changes = diff(&ordered, &looked.live, &looked.record);
    let changes = changes.into_iter().map(Change::into_owned).collect();
    let hns = Vec::new();
    Ok((NodeChanges { node: node.name.clone(), fate: Fate::Stays, changes, hns }, fingerprint))
}
