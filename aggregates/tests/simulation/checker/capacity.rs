//! What is free, counted instant by instant from what the events say.
//!
//! Of all that a reservation has on the table at most one thing comes true: it claims the most of
//! them at each instant, on each node. Answers are checked both ways: what is offered must fit,
//! and what is refused must not.

use super::record::{Offer, Parts, Record, Terms, count, list, sum, text};
use super::table::Negotiation;
use super::{Checked, Checker, ENDS, must};

#[derive(Default)]
pub struct Host {
    pub capacity: [u64; 3],
    pub in_service: bool,
}

/// One thing that may come true: so many of a size on each node, over a time.
pub struct Claim {
    pub parts: Parts,
    pub size: [u64; 3],
    pub from: i64,
    pub until: i64,
}

impl Claim {
    fn of(offer: &Offer) -> Self {
        Self {
            parts: offer.taken(),
            size: offer.terms.size,
            from: offer.terms.from,
            until: offer.terms.until,
        }
    }

    fn on(&self, node: &str, at: i64) -> [u64; 3] {
        let here = self.parts.get(node).copied().unwrap_or(0);
        let counts = self.from <= at && at < self.until;
        self.size
            .map(|amount| if counts { amount * here } else { 0 })
    }
}

impl Negotiation {
    /// All that may come true of it.
    pub fn claims(&self) -> Vec<Claim> {
        let agreed = self.agreement.iter().filter(|_| self.is_agreed());
        self.held().chain(agreed).map(Claim::of).collect()
    }
}

/// What all others claim, when something is judged for one reservation.
pub struct Others<'a> {
    checker: &'a Checker,
    claims: Vec<Vec<Claim>>,
    at: i64,
}

impl Checker {
    pub(super) fn others(&self, id: &str, at: i64) -> Others<'_> {
        let live = self.negotiations.iter();
        let live = live.filter(|(other, it)| *other != id && !ENDS.contains(&it.status));
        Others {
            checker: self,
            claims: live.map(|(_, it)| it.claims()).collect(),
            at,
        }
    }

    /// Options that were claimed beyond those held have found room.
    pub(super) fn expect_claimed_fits(&self, id: &str, at: i64) -> Checked {
        let it = &self.negotiations[id];
        let agreed = it.agreement.as_ref().ok_or("nothing agreed on")?;
        let others = self.others(id, at);
        let window = (agreed.terms.from, agreed.terms.until);
        for (node, here) in agreed.taken() {
            let known = it.before.as_ref().map_or_else(Parts::new, Offer::taken);
            if known.get(&node).is_some_and(|known| *known >= here) {
                continue;
            }
            let host = self.hosts.get(&node).ok_or("unknown node")?;
            let room = others.hosts(&node, agreed.terms.size, window);
            must(host.in_service && room >= here, || {
                format!("claimed {here} on {node}, where {room} fit")
            })?;
        }
        Ok(())
    }

    /// What was just answered: what is offered fits, and what is said not to fit does not.
    pub(super) fn expect_sellable(&self, id: &str, record: &Record) -> Checked {
        let it = &self.negotiations[id];
        let others = self.others(id, record.at);
        for offer in it.held() {
            let stay = it.staying(offer.terms.fixed);
            let terms = &offer.terms;
            must(sum(&offer.placement) == terms.fixed, || {
                format!("{} of {} placed", sum(&offer.placement), terms.fixed)
            })?;
            others.expect_room(offer, &stay)?;
        }
        let asked = it.asked.as_ref().ok_or("nothing asked")?;
        let stay = it.staying(asked.fixed);
        let mut short = false;
        for reason in list_of(&record.data()["evidence"]["reasons"]) {
            let code = text(&reason["code"]);
            if code == "never_fits" {
                let room = self.empty_room(asked.size);
                must(room < asked.fixed, || format!("never fits, but {room} do"))?;
                return Ok(());
            }
            if code == "capacity_short" {
                short = true;
                let said = count(&reason["shortage"]["placeable"]);
                let room = others.placeable(asked, (asked.from, asked.until), &stay);
                must(room < asked.fixed, || {
                    format!("refused {} instances while {room} fit", asked.fixed)
                })?;
                must(room == said, || format!("{said} said to fit, {room} do"))?;
            }
        }
        if short && asked.limit.is_none() {
            return self.expect_best(it, &others, &stay);
        }
        Ok(())
    }

    fn empty_room(&self, size: [u64; 3]) -> u64 {
        let hosts = self.hosts.values().filter(|host| host.in_service);
        hosts.map(|host| fitting(host.capacity, size)).sum()
    }

    /// Of terms without a limit to their price the alternatives are exactly these, in this order:
    /// the longest extension, the nearest starts, the most instances.
    fn expect_best(
        &self,
        it: &Negotiation,
        others: &Others<'_>,
        stay: &[(String, u64)],
    ) -> Checked {
        let asked = it.asked.as_ref().ok_or("nothing asked")?;
        let mut best: Vec<(i64, i64, u64)> = Vec::new();
        let running = it.status == "Activated";
        let known = it.agreement.as_ref().map(|offer| &offer.terms);
        if let Some(known) = known
            && known.from == asked.from
            && known.until < asked.until
        {
            let longest = others.longest(asked, known.until, stay);
            best.extend(longest.map(|until| (asked.from, until, asked.fixed)));
        }
        if !running {
            let starts = others.nearest_starts(asked, &self.policy);
            best.extend(starts.map(|from| (from, from + asked.duration(), asked.fixed)));
        }
        let room = others.placeable(asked, (asked.from, asked.until), stay);
        best.extend((room > 0).then_some((asked.from, asked.until, room)));
        let same_type = known.is_some_and(|k| k.raw["instance_type"] == asked.raw["instance_type"]);
        best.retain(|found| {
            known.is_none_or(|k| !same_type || *found != (k.from, k.until, k.fixed))
        });
        best.truncate(count(&self.policy["limits"]["alternatives_max"]) as usize);
        let terms = it.held().map(|offer| &offer.terms);
        let made: Vec<_> = terms.map(|t| (t.from, t.until, t.fixed)).collect();
        must(made == best, || {
            format!("alternatives (from, until, count) are {made:?}; the best are {best:?}")
        })
    }
}

fn list_of(value: &serde_json::Value) -> &[serde_json::Value] {
    if value.is_null() { &[] } else { list(value) }
}

fn fitting(free: [u64; 3], size: [u64; 3]) -> u64 {
    let by = free.into_iter().zip(size);
    by.map(|(free, each)| free.checked_div(each).unwrap_or(u64::MAX))
        .min()
        .unwrap_or(0)
}

impl Negotiation {
    /// The instances of a running reservation that stay where they are when it is changed to so
    /// many, in the order of its nodes.
    pub fn staying(&self, instances: u64) -> Vec<(String, u64)> {
        let running = self.agreement.iter().filter(|_| self.status == "Activated");
        let mut left = instances;
        let mut stay = Vec::new();
        for offer in running {
            for part in list(&offer.raw["placement"]) {
                let here = count(&part["count"]).min(left);
                left -= here;
                stay.extend((here > 0).then(|| (text(&part["node"]), here)));
            }
        }
        stay
    }
}

impl Others<'_> {
    /// What of a node is free at an instant; none of a dimension that is oversold.
    fn free(&self, node: &str, at: i64) -> [Option<u64>; 3] {
        let mut used = [0; 3];
        for claims in &self.claims {
            let mut most = [0; 3];
            for claim in claims {
                for (most, amount) in most.iter_mut().zip(claim.on(node, at)) {
                    *most = amount.max(*most);
                }
            }
            for (used, most) in used.iter_mut().zip(most) {
                *used += most;
            }
        }
        let capacity = self.checker.hosts[node].capacity;
        [0, 1, 2].map(|d| capacity[d].checked_sub(used[d]))
    }

    /// The instants of a time, from now on, at which somebody's claim begins, and its own begin.
    fn instants(&self, (from, until): (i64, i64)) -> Vec<i64> {
        let from = from.max(self.at);
        let begins = self.claims.iter().flatten().map(|claim| claim.from);
        let inside = begins.filter(|at| from < *at && *at < until);
        let mut all: Vec<i64> = inside.chain([from]).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// How many of `size` a node holds all of the time.
    fn hosts(&self, node: &str, size: [u64; 3], window: (i64, i64)) -> u64 {
        let at_each = self.instants(window).into_iter().map(|at| {
            let [Some(a), Some(b), Some(c)] = self.free(node, at) else {
                return 0;
            };
            fitting([a, b, c], size)
        });
        at_each.min().unwrap_or(0)
    }

    /// How many instances fit in a window beside those that stay where they are.
    fn placeable(&self, asked: &Terms, window: (i64, i64), stay: &[(String, u64)]) -> u64 {
        let mut kept = 0;
        for (node, count) in stay {
            let room = self.hosts(node, asked.size, window);
            kept += room.min(*count);
            if room < *count {
                return kept;
            }
        }
        let staying = |node: &String| stay.iter().filter(|(n, _)| n == node).map(|(_, c)| c).sum();
        let nodes = self
            .checker
            .hosts
            .iter()
            .filter(|(_, host)| host.in_service);
        let more = nodes.map(|(node, _)| {
            let here = self.hosts(node, asked.size, window);
            let stays: u64 = staying(node);
            here - stays.min(here)
        });
        kept + more.sum::<u64>()
    }

    fn fits(&self, asked: &Terms, window: (i64, i64), stay: &[(String, u64)]) -> bool {
        self.placeable(asked, window, stay) >= asked.fixed
    }

    /// The latest end up to the asked one, and not before `known`.
    fn longest(&self, asked: &Terms, known: i64, stay: &[(String, u64)]) -> Option<i64> {
        let begins = self.claims.iter().flatten().map(|claim| claim.from);
        let inside = begins.filter(|at| known < *at && *at < asked.until);
        let mut ends: Vec<i64> = inside.chain([known]).filter(|at| *at > self.at).collect();
        ends.sort_unstable();
        ends.reverse();
        ends.into_iter()
            .find(|until| self.fits(asked, (asked.from, *until), stay))
    }

    /// The nearest start before and after the asked one, the nearer one first.
    fn nearest_starts(
        &self,
        asked: &Terms,
        policy: &serde_json::Value,
    ) -> impl Iterator<Item = i64> {
        let duration = asked.duration();
        let horizon = self.at + super::record::int(&policy["limits"]["horizon_ms"]);
        let latest = asked
            .latest
            .map_or(horizon, |at| horizon.min(at - duration));
        let earliest = asked.earliest.map_or(asked.from, |at| at.max(self.at));
        let all = || self.claims.iter().flatten();
        let later = all().map(|claim| claim.until).chain([self.at]);
        let earlier = all().map(|claim| claim.from - duration);
        let fits = |from: &i64| self.fits(asked, (*from, from + duration), &[]);
        let later = later
            .filter(|from| asked.from < *from && *from <= latest && *from >= self.at)
            .filter(fits)
            .min();
        let earlier = earlier
            .filter(|from| earliest <= *from && *from < asked.from)
            .filter(fits)
            .max();
        let mut starts: Vec<i64> = earlier.into_iter().chain(later).collect();
        starts.sort_by_key(|from| (from - asked.from).abs());
        starts.into_iter()
    }

    /// An offer fits beside what others claim, and is on nodes that take something new but for
    /// the instances that stay.
    fn expect_room(&self, offer: &Offer, stay: &[(String, u64)]) -> Checked {
        let window = (offer.terms.from, offer.terms.until);
        for (node, here) in &offer.taken() {
            let host = self.checker.hosts.get(node).ok_or("unknown node")?;
            let stays = stay
                .iter()
                .find(|(n, _)| n == node)
                .map_or(0, |(_, count)| *count);
            must(host.in_service || *here <= stays, || {
                format!("{node} is out of service")
            })?;
            let room = self.hosts(node, offer.terms.size, window);
            must(room >= *here, || {
                format!("{node} is oversold: {here} where {room} fit")
            })?;
        }
        Ok(())
    }
}
