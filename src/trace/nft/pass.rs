//! A packet on its way through the chains of a table (`nft_do_chain` in
//! net/netfilter/nf_tables_core.c).

use super::super::verdict::{Judged, Verdict, View};
use super::super::{TrackState, Way};
use super::Rules;
use super::field::{Field, worked};
use super::groups::Groups;
use super::index::Unknown;
use super::look::Look;
use super::note::{Line, Match};
use super::read;
use super::rule::{Action, Among, Step};
use crate::object::{Base, NftChain};
use std::ops::ControlFlow;

/// How many chains may be open at once (`NFT_JUMP_STACK_SIZE` in net/netfilter/nf_tables.h).
const DEEPEST: usize = 16;

/// How many chains one packet may pass. The kernel takes no rules that lead in a circle; files may
/// have some.
const LONGEST: usize = 1000;

/// A packet in front of a rule.
pub(super) struct Run<'t> {
    pub(super) way: Way,
    chain: &'t NftChain,
    rule: usize,
    /// Where it goes on when the chain ends.
    back: Vec<(&'t NftChain, usize)>,
    /// How many chains it has passed.
    passed: usize,
    /// What was decided in the end.
    verdict: Option<Verdict>,
}

/// All that comes of a packet in a base chain.
pub(super) struct Pass<'t, 'v> {
    pub(super) rules: &'t Rules,
    view: &'v View<'v>,
    chain: &'t NftChain,
    base: &'t Base,
    pub(super) open: Vec<Run<'t>>,
    done: Vec<Judged>,
}

/// What becomes of a packet as a rule says it.
pub(super) type Next<'t> = Option<Run<'t>>;

impl<'t, 'v> Pass<'t, 'v> {
    pub(super) fn new(
        rules: &'t Rules,
        chain: &'t NftChain,
        base: &'t Base,
        view: &'v View<'v>,
    ) -> Pass<'t, 'v> {
        Pass { rules, view, chain, base, open: Vec::new(), done: Vec::new() }
    }

    /// What becomes of a packet.
    pub(super) fn all(mut self, way: Way) -> Vec<Judged> {
        let (back, verdict) = (Vec::new(), None);
        self.open.push(Run { way, chain: self.chain, rule: 0, back, passed: 0, verdict });
        while let Some(mut run) = self.open.pop() {
            while let Some(next) = self.step(run) {
                run = next;
            }
        }
        self.done
    }

    /// Lets a packet meet the next rule. It goes on alone, or what comes of it is open or done.
    fn step(&mut self, mut run: Run<'t>) -> Next<'t> {
        if let Some(verdict) = run.verdict {
            self.done.push(Judged { way: run.way, verdict });
            return None;
        }
        let Some((text, origin)) = run.chain.rules.line(run.rule) else {
            return self.leave(run);
        };
        let line = Line::new(self.rules, run.chain, text, origin);
        run.rule += 1;
        let mut known = Match::default();
        for step in read::rule(text, self.rules.family()) {
            match step {
                Step::When { key, not, among } => {
                    let groups = self.look(&key, &among).holds(&run.way, not);
                    match self.select(run, line, groups) {
                        ControlFlow::Continue(on) => run = on,
                        ControlFlow::Break(next) => return next,
                    }
                }
                Step::Never => return Some(run),
                Step::Mark { set, then } => {
                    let mark = worked(set.unwrap_or(run.way.packet.mark), &then);
                    run.way.packet.mark = mark;
                    known.mark = Some(mark);
                }
                Step::Untrack => run.way.packet.tracked.state = TrackState::Untracked,
                Step::Do(action) => {
                    line.note(&mut run.way, known);
                    return self.act(run, line, action);
                }
                Step::LookUp(lookup) => return self.look_up(run, line, known, &lookup),
                Step::Unknown => return Some(unjudged(run, line)),
            }
        }
        line.note(&mut run.way, known);
        Some(run)
    }

    pub(super) fn look<'l>(&'l self, key: &'l [Field], among: &'l Among<'t>) -> Look<'l, 't> {
        Look { rules: self.rules, view: self.view, key, among }
    }

    /// A condition: who it does not hold for meets the next rule.
    fn select(
        &mut self,
        run: Run<'t>,
        line: Line,
        groups: Groups<Result<bool, Unknown>>,
    ) -> ControlFlow<Next<'t>, Run<'t>> {
        let all = match groups {
            Groups::All(Ok(true)) => return ControlFlow::Continue(run),
            Groups::All(Ok(false)) => return ControlFlow::Break(Some(run)),
            Groups::All(Err(Unknown)) => return ControlFlow::Break(Some(unjudged(run, line))),
            Groups::Apart(all) => all,
        };
        let mut on = None;
        for (way, holds) in all {
            let run = run.with(way);
            match holds {
                Ok(true) => on = Some(run),
                Ok(false) => self.open.push(run),
                Err(Unknown) => self.open.push(unjudged(run, line)),
            }
        }
        on.map_or(ControlFlow::Break(None), ControlFlow::Continue)
    }

    /// Does what a rule says.
    pub(super) fn act(&mut self, mut run: Run<'t>, line: Line, action: Action<'t>) -> Next<'t> {
        let verdict = match action {
            Action::Continue => return Some(run),
            Action::Return => return self.leave(run),
            Action::Jump(name) | Action::Goto(name) => {
                let fits = run.passed < LONGEST && run.back.len() < DEEPEST;
                let Some(chain) = self.rules.chain(name).filter(|_| fits) else {
                    return Some(unjudged(run, line));
                };
                if matches!(action, Action::Jump(_)) {
                    run.back.push((run.chain, run.rule));
                }
                (run.chain, run.rule, run.passed) = (chain, 0, run.passed + 1);
                return Some(run);
            }
            Action::Accept => Verdict::Accept,
            Action::Drop => Verdict::Drop,
            Action::Reject(refusal) => Verdict::Reject(refusal),
            Action::Translate(translation) => Verdict::Translate(translation),
        };
        run.verdict = Some(verdict);
        Some(run)
    }

    /// Goes back to where the chain was jumped to; out of the base chain its policy decides.
    fn leave(&mut self, mut run: Run<'t>) -> Next<'t> {
        if let Some((chain, rule)) = run.back.pop() {
            (run.chain, run.rule) = (chain, rule);
            return Some(run);
        }
        let mut verdict = Verdict::Accept;
        if self.base.drops {
            let policy = format!("{}; policy {};", self.base, self.base.policy());
            let line = Line::new(self.rules, self.chain, &policy, self.chain.origin.0);
            line.note(&mut run.way, Match::default());
            verdict = Verdict::Drop;
        }
        run.verdict = Some(verdict);
        Some(run)
    }
}

impl<'t> Run<'t> {
    /// The same for some of its packets.
    pub(super) fn with(&self, way: Way) -> Run<'t> {
        let Run { chain, rule, passed, verdict, .. } = *self;
        Run { way, chain, rule, back: self.back.clone(), passed, verdict }
    }
}

/// A rule that cannot be judged is taken as not matching.
pub(super) fn unjudged<'t>(mut run: Run<'t>, line: Line) -> Run<'t> {
    line.unjudged(&mut run.way);
    run
}
