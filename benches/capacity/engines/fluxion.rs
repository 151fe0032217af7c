//! Fluxion's shape (`planner_multi`): for each node a balanced tree of scheduled points by time,
//! each with the least usage below it, and one such tree for the totals at the root, which proposes
//! the starts that the nodes are then asked about.
//!
//! A check walks the points of its window. The tree is built balanced and never changed, which is
//! kinder than red-black trees that grew; one tree holds all three dimensions.

use super::{Ask, Engine, Later, add, capacities, changes, hosts, subtract, within};
use crate::sites::{Site, Three, three};
use crate::timing::{Budget, CutOff};

struct Point {
    at: i64,
    used: Three,
    /// The least of each dimension in the subtree.
    least: Three,
    before: Option<Box<Point>>,
    after: Option<Box<Point>>,
}

#[derive(Default)]
struct Planner {
    root: Option<Box<Point>>,
}

impl Point {
    fn balanced(points: &[(i64, Three)]) -> Option<Box<Self>> {
        let (lower, rest) = points.split_at(points.len() / 2);
        let (&(at, used), upper) = rest.split_first()?;
        let (before, after) = (Self::balanced(lower), Self::balanced(upper));
        let mut least = used;
        for below in [&before, &after].into_iter().flatten() {
            (0..3).for_each(|d| least[d] = least[d].min(below.least[d]));
        }
        Some(Box::new(Self {
            at,
            used,
            least,
            before,
            after,
        }))
    }

    /// The most in use at the points of the range `(from, until)`.
    fn walk(&self, from: i64, until: i64, most: &mut Three) {
        if self.at > from {
            if let Some(before) = &self.before {
                before.walk(from, until, most);
            }
            if self.at < until {
                (0..3).for_each(|d| most[d] = most[d].max(self.used[d]));
            }
        }
        if self.at < until
            && let Some(after) = &self.after
        {
            after.walk(from, until, most);
        }
    }

    fn next_within(&self, after: i64, ceiling: Three) -> Option<i64> {
        if !within(self.least, ceiling) {
            return None;
        }
        let earlier = || self.before.as_ref()?.next_within(after, ceiling);
        let later = || self.after.as_ref()?.next_within(after, ceiling);
        if self.at <= after {
            return later();
        }
        let here = within(self.used, ceiling).then_some(self.at);
        earlier().or(here).or_else(later)
    }
}

impl Planner {
    fn used_at(&self, at: i64) -> Three {
        let (mut found, mut next) = ([0; 3], &self.root);
        while let Some(point) = next {
            if point.at <= at {
                found = point.used;
                next = &point.after;
            } else {
                next = &point.before;
            }
        }
        found
    }

    fn max_usage(&self, from: i64, until: i64) -> Three {
        let mut most = self.used_at(from);
        if let Some(root) = &self.root {
            root.walk(from, until, &mut most);
        }
        most
    }

    /// The first point after an instant at which usage is within the ceiling.
    fn next_within(&self, after: i64, ceiling: Three) -> Option<i64> {
        self.root.as_ref()?.next_within(after, ceiling)
    }
}

pub struct Fluxion {
    capacities: Vec<Three>,
    total: Three,
    nodes: Vec<Planner>,
    root: Planner,
}

/// The points of one planner, one for each instant.
#[derive(Default)]
struct Points {
    sum: Three,
    points: Vec<(i64, Three)>,
}

impl Points {
    fn change(&mut self, at: i64, rises: bool, usage: Three) {
        if rises {
            add(&mut self.sum, usage);
        } else {
            subtract(&mut self.sum, usage);
        }
        if self.points.last().is_some_and(|&(last, _)| last == at) {
            self.points.pop();
        }
        self.points.push((at, self.sum));
    }

    fn planner(&self) -> Planner {
        Planner {
            root: Point::balanced(&self.points),
        }
    }
}

impl Fluxion {
    pub fn of(site: &Site) -> Self {
        let mut nodes: Vec<Points> = site.nodes.iter().map(|_| Points::default()).collect();
        let mut root = Points::default();
        for (at, node, rises, usage) in changes(site) {
            nodes[node as usize].change(at, rises, usage);
            root.change(at, rises, usage);
        }
        let mut total = [0; 3];
        site.nodes
            .iter()
            .for_each(|&node| add(&mut total, three(node)));
        Self {
            capacities: capacities(site),
            total,
            nodes: nodes.iter().map(Points::planner).collect(),
            root: root.planner(),
        }
    }

    fn nodes_fit(&self, ask: &Ask) -> bool {
        let mut found = 0;
        for (planner, &capacity) in self.nodes.iter().zip(&self.capacities) {
            let used = planner.max_usage(ask.from, ask.until);
            found += hosts(capacity, used, three(ask.size));
            if found >= u64::from(ask.count) {
                return true;
            }
        }
        false
    }

    /// What may be in use in all where the request is to fit.
    fn ceiling(&self, ask: &Ask) -> Option<Three> {
        let mut ceiling = self.total;
        for (room, amount) in ceiling.iter_mut().zip(three(ask.size)) {
            *room = room.checked_sub(amount * u64::from(ask.count))?;
        }
        Some(ceiling)
    }

    fn first_fit(&self, ask: &Ask, last: i64, budget: &Budget) -> Result<Option<i64>, CutOff> {
        let Some(ceiling) = self.ceiling(ask) else {
            return Ok(None);
        };
        let mut start = ask.from;
        while start <= last {
            budget.check()?;
            let moved = ask.moved_to(start);
            let in_all = self.root.max_usage(moved.from, moved.until);
            if within(in_all, ceiling) && self.nodes_fit(&moved) {
                return Ok(Some(start));
            }
            match self.root.next_within(start, ceiling) {
                Some(next) => start = next,
                None => break,
            }
        }
        Ok(None)
    }
}

impl Engine for Fluxion {
    fn check(&self, ask: &Ask, _: &Budget) -> Result<bool, CutOff> {
        let root_fits = self.ceiling(ask).is_some_and(|ceiling| {
            let in_all = self.root.max_usage(ask.from, ask.until);
            within(in_all, ceiling)
        });
        Ok(root_fits && self.nodes_fit(ask))
    }

    fn later(&self, ask: &Ask, last: i64, budget: &Budget) -> Later {
        self.first_fit(ask, last, budget).into()
    }
}
