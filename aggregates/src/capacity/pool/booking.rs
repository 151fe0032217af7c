//! Booking, releasing and shortening windows, on all nodes of a placement or on none.
//!
//! Owns the order of checking and changing, and the count of live windows; what cannot be done
//! whole is not done at all.

use super::super::amounts::{amounts_of, first_exceeded};
use super::super::placement::{Placement, PlacementPart};
use super::super::profile::ProfileError;
use super::super::timeline::Addition;
use super::rooms::Room;
use super::{CapacityError, Pool, PoolNode};
use crate::{Resources, TimeWindow, Timestamp};

/// What is done to the profiles of a placement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Book,
    ForceBook,
    Release,
}

impl Pool {
    /// Books instances of `size` over `window` where `placement` says. Whether a node is in
    /// service does not matter here: it did when it was chosen.
    ///
    /// # Errors
    /// [`CapacityError::Oversold`], `UnknownNode`, `TooLarge`; nothing is changed then.
    pub fn book(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
    ) -> Result<(), CapacityError> {
        self.change_all(placement, window, size, Change::Book)?;
        self.count_end(window);
        Ok(())
    }

    /// Books without asking whether it fits, for the fold of history only: a booking that was
    /// right when it was decided may exceed a capacity that has been reduced since.
    ///
    /// # Errors
    /// [`CapacityError::UnknownNode`], `TooLarge`; nothing is changed then.
    pub fn force_book(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
    ) -> Result<(), CapacityError> {
        self.change_all(placement, window, size, Change::ForceBook)?;
        self.count_end(window);
        Ok(())
    }

    /// Takes back what [`Self::book`] did with the same arguments. A window that is over, and was
    /// forgotten, is released already.
    ///
    /// # Errors
    /// [`CapacityError::NotBooked`], `NoSuchWindow`, `UnknownNode`; nothing is changed then.
    pub fn release(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
    ) -> Result<(), CapacityError> {
        if !self.is_live(window) {
            return Ok(());
        }
        self.expect_end(window)?;
        self.change_all(placement, window, size, Change::Release)?;
        self.uncount_end(window);
        Ok(())
    }

    /// Releases what comes from `ends_at` on, all of it where `ends_at` is not inside the window;
    /// from then on the booking is one over `[window.starts_at, ends_at)`. An `ends_at` that is
    /// not before the window's end changes nothing.
    ///
    /// # Errors
    /// Those of [`Self::release`]; nothing is changed then.
    pub fn shorten(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
        ends_at: Timestamp,
    ) -> Result<(), CapacityError> {
        if ends_at >= window.ends_at || !self.is_live(window) {
            return Ok(());
        }
        if ends_at <= window.starts_at {
            return self.release(placement, window, size);
        }
        self.expect_end(window)?;
        let tail = TimeWindow {
            starts_at: ends_at,
            ends_at: window.ends_at,
        };
        self.change_all(placement, tail, size, Change::Release)?;
        self.uncount_end(window);
        self.count_end(TimeWindow { ends_at, ..window });
        Ok(())
    }

    /// Applies the change to every part, or to none.
    fn change_all(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
        change: Change,
    ) -> Result<(), CapacityError> {
        for (done, part) in placement.0.iter().enumerate() {
            let Err(error) = self.change_part(part, window, size, change) else {
                continue;
            };
            let undo = match change {
                Change::Book | Change::ForceBook => Change::Release,
                Change::Release => Change::ForceBook,
            };
            for part in &placement.0[..done] {
                self.change_part(part, window, size, undo)
                    .expect("invariant: what was just done can be undone");
            }
            return Err(error);
        }
        Ok(())
    }

    fn change_part(
        &mut self,
        part: &PlacementPart,
        window: TimeWindow,
        size: Resources,
        change: Change,
    ) -> Result<(), CapacityError> {
        let index = self.index_of(&part.node)?;
        let node = &mut self.nodes[index];
        node.profile.forget_before(self.since);
        let amount =
            size.checked_mul(u64::from(part.count))
                .ok_or_else(|| CapacityError::TooLarge {
                    node: part.node.clone(),
                })?;
        if change == Change::Book {
            Self::expect_room(node, self.rooms[index], window, amount)?;
        }
        let changed = match change {
            Change::Book | Change::ForceBook => node.profile.add(window, amount),
            Change::Release => node.profile.remove(window, amount),
        };
        changed.map_err(|error| match error {
            ProfileError::TooLarge => CapacityError::TooLarge {
                node: part.node.clone(),
            },
            ProfileError::NotBooked { at } => CapacityError::NotBooked {
                node: part.node.clone(),
                at,
            },
        })?;
        // An amount that the profile did not take in was in a time that is forgotten.
        if let Some(by) = amounts_of(amount) {
            let addition = Addition {
                from: window.starts_at.0,
                until: window.ends_at.0,
                node: index,
                by,
                profile: &node.profile,
            };
            match change {
                Change::Book | Change::ForceBook => self.timeline.add(&addition),
                Change::Release => {
                    self.timeline.take(&addition);
                    self.barren.release(window);
                }
            }
        }
        Ok(())
    }

    fn expect_room(
        node: &PoolNode,
        room: Room,
        window: TimeWindow,
        amount: Resources,
    ) -> Result<(), CapacityError> {
        if window.starts_at >= window.ends_at {
            return Ok(());
        }
        let oversold = |dimension, at| {
            Err(CapacityError::Oversold {
                node: node.name.clone(),
                dimension,
                at,
            })
        };
        if let Some(dimension) = first_exceeded(amount, room.capacity()) {
            return oversold(dimension, window.starts_at);
        }
        let ceiling = room.capacity().saturating_sub(amount);
        let Some(run) = node.profile.first_run_above(window, ceiling) else {
            return Ok(());
        };
        let at = run.starts_at.max(window.starts_at);
        let (usage, _) = node.profile.step_at(at);
        let dimension = first_exceeded(usage, ceiling)
            .expect("invariant: a run above the ceiling begins above it");
        oversold(dimension, at)
    }

    /// Whether the window is not empty and not over, so that it is counted.
    fn is_live(&self, window: TimeWindow) -> bool {
        window.starts_at < window.ends_at && window.ends_at > self.since
    }

    fn expect_end(&self, window: TimeWindow) -> Result<(), CapacityError> {
        if self.ends.contains_key(&window.ends_at) {
            Ok(())
        } else {
            Err(CapacityError::NoSuchWindow {
                ends_at: window.ends_at,
            })
        }
    }

    fn count_end(&mut self, window: TimeWindow) {
        if self.is_live(window) {
            *self.ends.entry(window.ends_at).or_default() += 1;
            self.live_windows += 1;
        }
    }

    fn uncount_end(&mut self, window: TimeWindow) {
        if let Some(count) = self.ends.get_mut(&window.ends_at) {
            *count -= 1;
            self.live_windows -= 1;
            if *count == 0 {
                self.ends.remove(&window.ends_at);
            }
        }
    }
}
