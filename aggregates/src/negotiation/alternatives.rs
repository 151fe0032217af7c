//! What the provider offers instead, each different in one thing from what was asked, best first.

use super::judge::Judge;
use crate::capacity::Shortage;
use crate::reservation::{Difference, Draft, Judgement, Reason};
use crate::terms::Terms;
use crate::{TimeWindow, Timestamp};

impl Judge<'_> {
    /// The alternatives to terms that do not fit: for an extension the latest end that can be had,
    /// the nearest starts, and the most instances in the window that was asked for.
    pub(super) fn counter(
        &mut self,
        mut shortage: Shortage,
        reasons: &mut Vec<Reason>,
    ) -> Judgement {
        let placeable = shortage.placeable;
        self.forget_past(&mut shortage);
        reasons.push(Reason::CapacityShort {
            window: self.case.terms.window,
            shortage,
        });
        let mut drafts: Vec<Draft> = self.shorter_extension().into_iter().collect();
        if self.case.agreement.is_none_or(|a| !a.is_running) {
            drafts.extend(self.nearest_starts(reasons));
        }
        drafts.extend(self.fewer_instances(placeable));
        let in_force = self.case.agreement.map(|a| &a.offer.terms);
        // What both agreed on already is no alternative to it.
        drafts.retain(|draft| {
            in_force.is_none_or(|known| {
                known.window != draft.terms.window
                    || known.instances_fixed != draft.terms.instances_fixed
                    || known.instance_type != draft.terms.instance_type
            })
        });
        drafts.truncate(usize::try_from(self.policy.limits.alternatives_max).unwrap_or(1));
        if drafts.is_empty() {
            Judgement::Reject
        } else {
            Judgement::Counter(drafts)
        }
    }

    /// Cuts what lies before now off the evidence: how much of the past the pool still knows
    /// depends on when it was folded, and the same question must have the same answer.
    fn forget_past(&self, shortage: &mut Shortage) {
        for node in &mut shortage.binding {
            node.blocked.starts_at = node.blocked.starts_at.max(self.case.now);
        }
    }

    /// The latest end that fits, where a later end than the agreement's was asked for.
    ///
    /// What fits until some time fits until any earlier one, so halving finds it exactly.
    fn shorter_extension(&mut self) -> Option<Draft> {
        let asked = self.case.terms;
        let known = self.case.agreement?.offer.terms.window;
        let asked_end = asked.window.ends_at;
        if known.starts_at != asked.window.starts_at || asked_end <= known.ends_at {
            return None;
        }
        let until = |ends_at: Timestamp| Terms {
            window: TimeWindow {
                ends_at,
                ..asked.window
            },
            ..asked.clone()
        };
        let (mut fits, mut short) = (known.ends_at, asked_end);
        self.place(&until(fits)).ok()?;
        while short.millis_since(fits) > 1 {
            let middle = fits.saturating_add(short.millis_since(fits) / 2);
            if self.place(&until(middle)).is_ok() {
                fits = middle;
            } else {
                short = middle;
            }
        }
        if fits <= self.case.now {
            return None;
        }
        let differs = Difference::End {
            asked: asked_end,
            granted: fits,
        };
        self.draft(until(fits), differs)
    }

    /// The nearest later and the nearest earlier start, the nearer one first.
    fn nearest_starts(&mut self, reasons: &mut Vec<Reason>) -> Vec<Draft> {
        let asked = self.case.terms;
        let starts_at = asked.window.starts_at;
        let (earliest, latest) = self.start_bounds();
        let (size, count) = (asked.size, asked.instances_fixed);
        let duration_ms = asked.window.duration_ms();
        let pool = &*self.pool;
        // What was agreed on may have begun; what is offered instead has not.
        let from = starts_at.max(self.case.now);
        let later = pool.nearest_later(size, count, duration_ms, from, latest);
        let earlier = (earliest < starts_at)
            .then(|| pool.nearest_earlier(size, count, duration_ms, starts_at, earliest))
            .flatten();
        let mut starts: Vec<Timestamp> = earlier.into_iter().chain(later).collect();
        // At the same distance the earlier start is better: it ends earlier, too.
        starts.sort_by_key(|at| at.millis_since(starts_at).unsigned_abs());
        if starts.is_empty() {
            reasons.push(Reason::NoStartFits {
                from: earliest,
                until: latest,
            });
        }
        let moved = |at: Timestamp| {
            let by_ms = at.millis_since(starts_at);
            self.draft(asked.moved_to(at), Difference::Start { by_ms })
        };
        starts.into_iter().filter_map(moved).collect()
    }

    /// The most instances that fit in the window that was asked for.
    fn fewer_instances(&mut self, placeable: u32) -> Option<Draft> {
        let asked = self.case.terms;
        if placeable == 0 {
            return None;
        }
        let granted = Terms {
            instances_fixed: placeable,
            ..asked.clone()
        };
        let differs = Difference::Instances {
            asked: asked.instances_fixed,
            granted: placeable,
        };
        self.draft(granted, differs)
    }
}
