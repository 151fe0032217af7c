//! What changed when: the generations that `event.from` reads and the state file follows.
//!
//! Every change of an object is noted here by the table that holds it. `seal` ends a call: each
//! object it changed gets one new generation, whatever happened to it in between, so that readers
//! see the newest state and not every step, as with xapi.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::class::Class;
use crate::simulator::handle::Handle;

/// An object's address.
pub type Address = (Class, Handle);

/// What happened to an object, as a reader from some generation on sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It is new.
    Add,
    /// It changed.
    Mod,
    /// It is gone.
    Del,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The generation of the change.
    pub generation: u64,
    /// What happened.
    pub kind: EventKind,
    /// To what.
    pub address: Address,
}

#[derive(Clone, Copy, Debug)]
struct Stamp {
    created: u64,
    modified: u64,
}

/// The history of changes, thinned to what `event.from` needs.
#[derive(Debug, Default)]
pub struct Changes {
    generation: u64,
    touched: Vec<Address>,
    removed: HashSet<Address>,
    stamps: HashMap<Address, Stamp>,
    by_generation: BTreeMap<u64, Address>,
    deleted: VecDeque<(u64, Address)>,
    counts: BTreeMap<Class, i32>,
}

impl Changes {
    /// Goes on after `generation`, so that tokens given out before a restart stay in the past.
    pub fn resume_after(&mut self, generation: u64) {
        self.generation = self.generation.max(generation);
    }

    /// The generation of the newest change.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Notes that an object is new or changed.
    pub fn touch(&mut self, class: Class, handle: Handle) {
        self.touched.push((class, handle));
        self.removed.remove(&(class, handle));
    }

    /// Notes that an object is gone.
    pub fn remove(&mut self, class: Class, handle: Handle) {
        self.touched.push((class, handle));
        self.removed.insert((class, handle));
    }

    /// How many objects of each class there are.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<Class, i32> {
        &self.counts
    }

    /// Ends a call: gives every changed object its generation, and tells which changed and whether
    /// they are gone, oldest change first.
    pub fn seal(&mut self, most_deleted: usize) -> Vec<(Address, bool)> {
        let mut sealed: Vec<(Address, bool)> = Vec::new();
        let mut seen = HashSet::new();
        for address in std::mem::take(&mut self.touched) {
            if seen.insert(address) {
                sealed.push((address, self.removed.contains(&address)));
            }
        }
        for (address, gone) in &sealed {
            self.generation += 1;
            if *gone {
                self.stamp_removal(*address)
            } else {
                self.stamp(*address)
            }
        }
        self.removed.clear();
        while self.deleted.len() > most_deleted {
            self.deleted.pop_front();
        }
        sealed
    }

    fn stamp(&mut self, address: Address) {
        let generation = self.generation;
        match self.stamps.get_mut(&address) {
            Some(stamp) => {
                self.by_generation.remove(&stamp.modified);
                stamp.modified = generation;
            }
            None => {
                self.stamps.insert(
                    address,
                    Stamp {
                        created: generation,
                        modified: generation,
                    },
                );
                *self.counts.entry(address.0).or_default() += 1;
            }
        }
        self.by_generation.insert(generation, address);
    }

    fn stamp_removal(&mut self, address: Address) {
        // What came and went within one call was never there for anybody else.
        if let Some(stamp) = self.stamps.remove(&address) {
            self.by_generation.remove(&stamp.modified);
            *self.counts.entry(address.0).or_default() -= 1;
            self.deleted.push_back((self.generation, address));
        }
    }

    /// What a reader has missed who has seen everything up to `since`: new objects, then changes,
    /// then deletions, each oldest first.
    pub fn since(&self, since: u64, wanted: impl Fn(Address) -> bool) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .by_generation
            .range(since.saturating_add(1)..)
            .filter(|(_, address)| wanted(**address))
            .map(|(generation, address)| {
                let new = self
                    .stamps
                    .get(address)
                    .is_some_and(|stamp| stamp.created > since);
                let kind = if new { EventKind::Add } else { EventKind::Mod };
                Event {
                    generation: *generation,
                    kind,
                    address: *address,
                }
            })
            .collect();
        events.sort_by_key(|event| event.kind != EventKind::Add);
        let from = self
            .deleted
            .partition_point(|(generation, _)| *generation <= since);
        let deleted = self
            .deleted
            .range(from..)
            .filter(|(_, address)| wanted(*address));
        events.extend(deleted.map(|(generation, address)| Event {
            generation: *generation,
            kind: EventKind::Del,
            address: *address,
        }));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(changes: &Changes, since: u64) -> Vec<(EventKind, Handle)> {
        changes
            .since(since, |_| true)
            .iter()
            .map(|e| (e.kind, e.address.1))
            .collect()
    }

    #[test]
    fn a_reader_sees_the_newest_state_once() {
        let (a, b) = (Handle::fresh(), Handle::fresh());
        let mut changes = Changes::default();
        changes.touch(Class::Vm, a);
        changes.touch(Class::Vm, a);
        changes.touch(Class::Vm, b);
        changes.seal(10);
        let first = changes.generation();
        assert_eq!(
            kinds(&changes, 0),
            [(EventKind::Add, a), (EventKind::Add, b)]
        );
        changes.touch(Class::Vm, a);
        changes.seal(10);
        assert_eq!(kinds(&changes, first), [(EventKind::Mod, a)]);
        assert_eq!(
            kinds(&changes, 0),
            [(EventKind::Add, b), (EventKind::Add, a)]
        );
        changes.remove(Class::Vm, b);
        changes.seal(10);
        assert_eq!(
            kinds(&changes, first),
            [(EventKind::Mod, a), (EventKind::Del, b)]
        );
        assert_eq!(changes.counts().get(&Class::Vm), Some(&1));
    }

    #[test]
    fn what_came_and_went_in_one_call_was_never_there() {
        let mut changes = Changes::default();
        let a = Handle::fresh();
        changes.touch(Class::Vdi, a);
        changes.remove(Class::Vdi, a);
        changes.seal(10);
        assert_eq!(kinds(&changes, 0), []);
    }

    #[test]
    fn beyond_the_backlog_the_oldest_deletions_are_forgotten() {
        let mut changes = Changes::default();
        let handles: Vec<Handle> = (0..5).map(|_| Handle::fresh()).collect();
        for handle in &handles {
            changes.touch(Class::Vm, *handle);
        }
        changes.seal(3);
        let seen = changes.generation();
        for handle in &handles {
            changes.remove(Class::Vm, *handle);
            changes.seal(3);
        }
        let deleted: Vec<Handle> = kinds(&changes, seen).into_iter().map(|(_, h)| h).collect();
        assert_eq!(deleted, handles[2..]);
        assert_eq!(
            changes.counts().get(&Class::Vm),
            Some(&0),
            "the count gives it away"
        );
    }
}
