//! The rules that CNI's plugins make for single pods: what leaves a block is masqueraded (netspec
//! 2.3), and host ports lead to pods (netspec 2.7).

mod masquerade;
mod names;
mod port_map;

use super::Context;
use super::pods::Placed;
use crate::model::{Attachment, PodMasquerade};

/// Where a jump that the plugins insert stands: behind those of kube-proxy, before those of Docker.
const INSERTED: u16 = 128;

/// Where those begin that they append: behind Docker's, which are there before the first pod, and
/// before flannel's.
const APPENDED: u16 = 1 << 15;

pub(super) fn lower(cx: &mut Context, attachment: &Attachment, pods: &[Placed]) {
    if let PodMasquerade::Chain { legacy } = attachment.masquerade {
        masquerade::lower(cx, attachment, legacy);
    }
    port_map::lower(cx, attachment, pods);
}
