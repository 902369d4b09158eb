//! `netc lab apply`

use super::each::{netc_on, on_each};
use crate::cli::args::{Format, LabApply, SourceArgs};
use crate::cli::exit;
use crate::cli::project::Ready;
use crate::cli::ui::{Ui, count};
use crate::kernel::lab::{Running, broken};
use crate::lab::{Layout, Member, Renewal, Role};
use netc_lang::Diagnostic;
use serde_json::{Value, json};
use std::process::Output;
use std::time::Instant;

pub(super) fn run(args: &LabApply, ui: &mut Ui) -> u8 {
    apply(args, ui).unwrap_or_else(|code| code)
}

fn apply(args: &LabApply, ui: &mut Ui) -> Result<u8, u8> {
    let begin = Instant::now();
    let format = args.format;
    let mut lab = Running::find(args.which.name.as_deref()).map_err(|why| ui.fail(why, format))?;
    let (sources, lock) = (lab.entry().sources.clone(), lab.entry().lock.as_ref());
    let source = SourceArgs { sources, lock: lock.map(Into::into) };
    let ready = Ready::open(&source, format, ui)?;
    let (layout, left_out) = (Layout::of(&ready.cluster), Layout::left_out(&ready.cluster));
    let renewed = Renewal::of(lab.entry(), &layout, left_out).and_then(|renewal| {
        lab.join()?;
        lab.take_over(renewal)
    });
    renewed.map_err(|fault| ui.fail(fault, format))?;
    let down = broken(&lab).map_err(|fault| ui.fail(fault, format))?;
    let down = |own: &Member| down.hosts.get(&own.name).is_some_and(|mishap| mishap.down);
    let nodes: Vec<&Member> = lab.entry().nodes().filter(|node| !down(node)).collect();
    let done = programmed(&lab, &nodes, args, ui);
    let silent = lab.renew(|own| own.role == Role::Outside && !down(own));
    lab.settle(|own| own.role == Role::Node && !down(own));
    for (host, why) in
        silent.iter().flat_map(|one| one.failed.iter().map(move |why| (&one.host, why)))
    {
        ui.note(&format!("warning: nobody serves on {host}: {why}"));
    }
    let left: Vec<&Member> = lab.entry().nodes().filter(|node| down(node)).collect();
    let shown =
        Shown { lab: &lab, done: &done, left: &left, seconds: begin.elapsed().as_secs_f64() };
    Ok(shown.show(format, ui))
}

/// What became of a node.
struct Done<'n> {
    node: &'n str,
    output: Result<Output, Diagnostic>,
}

impl Done<'_> {
    /// How the apply ended.
    fn code(&self) -> u8 {
        let code = self.output.as_ref().ok().and_then(|output| output.status.code());
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::ERROR)
    }
}

/// Runs `netc apply SOURCES --node NAME` on the nodes.
fn programmed<'n>(
    lab: &Running,
    nodes: &[&'n Member],
    args: &LabApply,
    ui: &mut Ui,
) -> Vec<Done<'n>> {
    let format = word(args.format);
    let mut heard = |done| ui.progress(done, nodes.len(), "nodes programmed");
    let done = on_each(nodes, &mut heard, |node| Done {
        node: &node.name,
        output: netc_on(lab, node, "apply", format),
    });
    ui.clear_progress();
    done
}

fn word(format: Format) -> &'static str {
    match format {
        Format::Text => "text",
        Format::Short => "short",
        Format::Json => "json",
    }
}

/// What is told of it.
struct Shown<'s> {
    lab: &'s Running,
    done: &'s [Done<'s>],
    left: &'s [&'s Member],
    seconds: f64,
}

impl Shown<'_> {
    fn show(&self, format: Format, ui: &mut Ui) -> u8 {
        let code = self.done.iter().map(Done::code).max().unwrap_or(exit::OK);
        if format == Format::Json {
            ui.json(&self.json());
            return code;
        }
        for done in self.done {
            match &done.output {
                Ok(output) => {
                    // What the sources are warned of has been told once.
                    if done.code() != exit::OK {
                        ui.note(String::from_utf8_lossy(&output.stderr).trim_end());
                        ui.out(&format!("{} could not be programmed\n", done.node));
                    }
                    ui.out(&String::from_utf8_lossy(&output.stdout));
                }
                Err(fault) => drop(ui.fail(fault.clone(), format)),
            }
        }
        for node in self.left {
            let name = &node.name;
            ui.out(&format!("{name} is left as it is: it is down (`netc lab heal {name}`)\n"));
        }
        let failed = self.done.iter().filter(|done| done.code() != exit::OK).count();
        if failed == 0 {
            let (nodes, pods) =
                (count(self.done.len(), "node"), count(self.lab.pods().count(), "pod"));
            let (name, seconds) = (self.lab.name(), self.seconds);
            ui.out(&format!(
                "lab {name} is as its sources say, in {seconds:.1} s: {nodes}, {pods}\n"
            ));
        }
        code
    }

    fn json(&self) -> Value {
        let node = |done: &Done| -> Value {
            let told = done.output.as_ref().ok();
            let told = told.and_then(|output| serde_json::from_slice(&output.stdout).ok());
            let fault = done.output.as_ref().err().map(|fault| fault.message.clone());
            let said = done.output.as_ref().ok().filter(|_| done.code() != exit::OK);
            let said = said.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
            told.unwrap_or_else(
                || json!({ "node": done.node, "applied": false, "fault": fault.or(said) }),
            )
        };
        json!({
            "version": 1, "lab": self.lab.name(), "seconds": self.seconds,
            "nodes": self.done.iter().map(node).collect::<Vec<_>>(),
            "left": self.left.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(),
        })
    }
}
