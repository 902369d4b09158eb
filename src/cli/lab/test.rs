//! `netc lab test`

use super::asked::{Lab, quoted};
use crate::cli::args::{self, Format};
use crate::cli::exit;
use crate::cli::ui::Ui;
use crate::compile::network;
use crate::kernel::lab::{Places, Request, ask, broken};
use crate::lab::Layout;
use crate::lab::judge::{breach, counted};
use crate::lab::mishap::told;
use crate::lab::reply::{Fate, Reply};
use crate::lab::report::Report;
use crate::lab::trial::{MOST, Plan, Planner, Trial};
use crate::model::{Check, Cluster};
use crate::trace::{Network, Question};
use crate::verify::checks::{Checked, Stage, checks_heard};
use crate::verify::{self, Verdict};
use netc_lang::Diagnostic;
use serde_json::json;

/// What one way of packets does not tell: what goes in circles, and what no packet gets to.
const WALKED: [Check; 3] = [Check::NoLoop, Check::NoIdleRule, Check::NothingShadowed];

pub(super) fn run(args: &args::LabTest, ui: &mut Ui) -> u8 {
    test(args, ui).unwrap_or_else(|code| code)
}

fn test(args: &args::LabTest, ui: &mut Ui) -> Result<u8, u8> {
    let format = args.format;
    let lab = Lab::open(args.which.name.as_deref(), format, ui)?;
    let cluster = &lab.ready.cluster;
    let network: Network = network(cluster);
    let layout = Layout::of(cluster);
    let claims = claims(args, &network, &layout, ui);
    ui.clear_progress();
    let claims = claims.map_err(|faults| {
        ui.report(&lab.ready.sources, &faults, format);
        exit::ERROR
    })?;
    let places = Places { running: &lab.running, cluster };
    let fates = fates(&places, &claims.plan, ui).map_err(|fault| ui.fail(fault, format))?;
    let report = Report {
        lab: lab.running.name(),
        cluster,
        plan: &claims.plan,
        fates: &fates,
        verdicts: &claims.verdicts,
        checked: &claims.checked,
        sources: &quoted(lab.running.entry()),
    };
    // Who has broken something and forgotten it is told.
    let broken = broken(&lab.running).map_err(|fault| ui.fail(fault, format))?;
    let broken = told(lab.running.entry(), &broken);
    match format {
        Format::Json => {
            let mut all = report.json();
            if let Some(fields) = all.as_object_mut() {
                fields.insert("broken".into(), json!(broken));
            }
            ui.json(&all);
        }
        _ => {
            ui.out(&report.text());
            for one in &broken {
                ui.out(&format!("broken on purpose: {}: {}\n", one.what, one.how));
            }
        }
    }
    Ok(if report.holds() { exit::OK } else { exit::ERROR })
}

/// What is claimed, what the walk says of it, and what is to be asked.
struct Claims {
    verdicts: Vec<Verdict>,
    checked: Vec<Checked>,
    plan: Plan,
}

fn claims(
    args: &args::LabTest,
    network: &Network,
    layout: &Layout,
    ui: &mut Ui,
) -> Result<Claims, Vec<Diagnostic>> {
    let cluster: &Cluster = network.cluster();
    // Named checks are all that is wanted then.
    let named = !args.check.is_empty();
    let off = |check: &Check| match named {
        true => !args.check.contains(check),
        false => cluster.checks_off.contains(check) || args.skip.contains(check),
    };
    let without = Check::ALL.into_iter().filter(off).collect();
    let mut heard: Vec<(Check, Question)> = Vec::new();
    let mut progress = |stage: Stage| ui.progress(stage.done, stage.all, stage.check.name());
    let checked = checks_heard(network, &without, None, &mut progress, &mut |check, question| {
        if !WALKED.contains(&check) {
            heard.push((check, question.clone()));
        }
    })?;
    let mut planner = Planner::new(network, layout);
    let verdicts = if named { Vec::new() } else { verify::asserts(network)? };
    for place in 0..verdicts.len() {
        planner.assert(place)?;
    }
    if !named {
        planner.ingresses()?;
    }
    planner.checks(&heard, args.most.unwrap_or(MOST))?;
    Ok(Claims { verdicts, checked, plan: planner.done() })
}

/// What the kernel does. Everything is asked once; what is not as claimed then, once more: that is so
/// again, and what a busy machine has lost is not. The rest is asked as often as chance wants it.
fn fates(places: &Places, plan: &Plan, ui: &mut Ui) -> Result<Vec<Vec<Fate>>, Diagnostic> {
    let trials = &plan.trials;
    let faulty = |fates: &[Vec<Fate>], place: usize| {
        let both = trials.get(place).zip(fates.get(place));
        both.is_some_and(|(trial, own)| breach(places.cluster, trial, &counted(own)).is_some())
    };
    let mut fates = vec![Vec::new(); trials.len()];
    let mut again: Vec<usize> = (0..trials.len()).collect();
    for _ in 0..2 {
        for (place, fate) in again.iter().zip(asked(places, trials, &again, ui)?) {
            if let Some(own) = fates.get_mut(*place) {
                *own = vec![fate];
            }
        }
        again.retain(|place| faulty(&fates, *place));
    }
    let often = trials.iter().enumerate().filter(|(place, _)| !faulty(&fates, *place));
    let often = often.flat_map(|(place, trial)| std::iter::repeat_n(place, trial.times - 1));
    let often: Vec<usize> = often.collect();
    for (place, fate) in often.iter().zip(asked(places, trials, &often, ui)?) {
        if let Some(own) = fates.get_mut(*place) {
            own.push(fate);
        }
    }
    Ok(fates)
}

/// Asks the trials at some places, each as often as it is named.
fn asked(
    places: &Places,
    trials: &[Trial],
    which: &[usize],
    ui: &mut Ui,
) -> Result<Vec<Fate>, Diagnostic> {
    let which = which.iter().filter_map(|place| trials.get(*place));
    let requests: Vec<Request> = which.map(Request::of).collect();
    let all = requests.len();
    let replies = ask(places, &requests, &mut |done| ui.progress(done, all, "asked"));
    ui.clear_progress();
    Ok(replies?.iter().map(Reply::fate).collect())
}
