//! Real servers leave, and addresses of services: connections may end by themselves.

use super::apply::Failure;
use super::error::KernelError;
use super::machine::Machine;
use super::operation::{self, Request};
use super::progress::Progress;
use super::{fault, ipvs, retire};
use crate::object::{RealServer, State, VirtualAddress, VirtualServer};
use crate::plan::{Change, Thing};
use netc_lang::Protocol;
use std::thread;
use std::time::{Duration, Instant};

/// How long it is before connections are counted again: at first, and at most. Each time takes
/// half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A real server that a virtual one is to lose.
struct Loss {
    /// The place of the change.
    change: usize,
    address: VirtualAddress,
    real: RealServer,
    /// Whether the virtual server stays. One that goes takes its real servers along.
    alone: bool,
}

/// Takes real servers away from the virtual servers of some changes. They get no new connections
/// from here on; those of TCP that go to them have so much time to end. Nobody can say when the
/// others have ended, so there is no waiting for them.
pub(super) fn drain(
    machine: &mut Machine,
    changes: &[Change],
    places: &[usize],
    time: Duration,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Failure> {
    let losses = losses(changes, places);
    if !time.is_zero() {
        let leaving = retire::leaving(changes);
        retire::retire(machine, &leaving).map_err(unplaced)?;
        quiesce(machine, &losses)?;
        let pairs: Vec<_> = losses.iter().map(|loss| (loss.address, loss.real.socket)).collect();
        let count = |machine: &mut Machine| match ipvs::connections(machine, &pairs)? {
            0 => retire::connections(machine, &leaving),
            some => Ok(some),
        };
        wait(machine, count, time, progress)?;
    }
    let gone = losses.iter().filter(|loss| loss.alone);
    carry_out(machine, gone, |machine, loss| ipvs::remove_real(machine, &loss.address, &loss.real))
}

/// The real servers that are to be lost.
fn losses(changes: &[Change], places: &[usize]) -> Vec<Loss> {
    let mut all = Vec::new();
    for place in places {
        let Some(change) = changes.get(*place) else { continue };
        let (from, to) = (server(change.from.as_ref()), server(change.to.as_ref()));
        let Some(from) = from else { continue };
        let loss = |real: &RealServer| Loss {
            change: *place,
            address: from.address,
            real: *real,
            alone: to.is_some(),
        };
        all.extend(from.losses(to).map(loss));
    }
    all
}

fn server<'t>(thing: Option<&'t Thing<'_>>) -> Option<&'t VirtualServer> {
    match thing.and_then(Thing::state) {
        Some(State::Virtual(server)) => Some(server),
        _ => None,
    }
}

/// Keeps new connections away. This comes before connections are counted, so that none can come
/// between.
fn quiesce(machine: &mut Machine, losses: &[Loss]) -> Result<(), Failure> {
    let weighed =
        losses.iter().filter(|loss| loss.address.protocol == Protocol::Tcp && loss.real.weight > 0);
    carry_out(machine, weighed, |machine, loss| {
        ipvs::set_real(machine, &loss.address, &RealServer { weight: 0, ..loss.real })
    })
}

/// Waits until no connection is left, or the time is over.
fn wait(
    machine: &mut Machine,
    count: impl Fn(&mut Machine) -> Result<usize, KernelError>,
    time: Duration,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Failure> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        fault::point().map_err(unplaced)?;
        let connections = count(machine).map_err(unplaced)?;
        let left = time.saturating_sub(start.elapsed());
        if connections == 0 || left.is_zero() {
            return Ok(());
        }
        progress(Progress::Draining { connections, left });
        thread::sleep(pause.min(left));
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn unplaced(error: KernelError) -> Failure {
    Failure { change: None, rule: None, error }
}

/// Carries out a request for each loss, in one batch; one by one if a fault is to come.
fn carry_out<'l>(
    machine: &mut Machine,
    losses: impl Iterator<Item = &'l Loss>,
    request: impl Fn(&mut Machine, &Loss) -> Result<Request, KernelError>,
) -> Result<(), Failure> {
    let losses: Vec<&Loss> = losses.collect();
    let failed = |loss: Option<&&Loss>, error| Failure {
        change: loss.map(|loss| loss.change),
        rule: None,
        error,
    };
    let together = if fault::is_armed() { 1 } else { losses.len().max(1) };
    for part in losses.chunks(together) {
        let requests: Result<Vec<Request>, KernelError> =
            part.iter().map(|loss| request(machine, loss)).collect();
        let requests = requests.map_err(|error| failed(part.first(), error))?;
        fault::point().map_err(|error| failed(part.first(), error))?;
        operation::run(machine, &requests)
            .map_err(|(place, error)| failed(part.get(place), error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Aside, Forwarding, Scheduling};
    use crate::plan::{Key, Kind, Origin};
    use std::borrow::Cow;

    fn server(lasts: &[u8]) -> State {
        let real = |last: &u8| RealServer {
            socket: ([10, 244, 0, *last], 80).into(),
            weight: 1,
            forwarding: Forwarding::Masquerade,
        };
        let socket = ([10, 96, 0, 1], 80).into();
        State::Virtual(VirtualServer {
            address: VirtualAddress { socket, protocol: Protocol::Tcp },
            scheduling: Scheduling { scheduler: "rr".into(), flags: 0 },
            persistence: None,
            mask: 32,
            reals: lasts.iter().map(real).collect(),
            origins: Aside::default(),
            after: Vec::new(),
        })
    }

    fn change(from: State, to: Option<State>) -> Change<'static> {
        let kind = if to.is_some() { Kind::Update } else { Kind::Remove };
        Change {
            key: Key::Object(from.id()),
            from: Some(Thing::Object(Cow::Owned(from))),
            to: to.map(|to| Thing::Object(Cow::Owned(to))),
            kind,
            was: String::new(),
            with: None,
            origin: Origin::Nowhere,
        }
    }

    #[test]
    fn those_that_are_lost_are_known_and_whether_they_leave_alone() {
        let changes = [
            change(server(&[1, 2, 3]), Some(server(&[2, 4]))),
            change(server(&[5]), None),
            change(server(&[6]), Some(server(&[6]))),
        ];
        let losses = losses(&changes, &[0, 1, 2, 9]);
        let lost =
            losses.iter().map(|loss| (loss.change, loss.real.socket.to_string(), loss.alone));
        assert_eq!(
            lost.collect::<Vec<_>>(),
            [
                (0, "10.244.0.1:80".to_owned(), true),
                (0, "10.244.0.3:80".to_owned(), true),
                (1, "10.244.0.5:80".to_owned(), false),
            ]
        );
    }
}
