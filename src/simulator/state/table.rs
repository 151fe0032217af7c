//! A table of objects of one class that notes every change.

use std::collections::BTreeMap;

use super::changes::Changes;
use super::class::Class;
use crate::simulator::handle::Handle;
use crate::simulator::value::Failure;

/// An object that a table holds.
pub trait Row {
    /// Its class.
    const CLASS: Class;

    /// Its reference.
    fn handle(&self) -> Handle;
}

/// Objects of one class by their references.
#[derive(Debug)]
pub struct Table<T> {
    rows: BTreeMap<Handle, T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
        }
    }
}

impl<T: Row> Table<T> {
    /// The object, or `HANDLE_INVALID`.
    pub fn get(&self, handle: Handle) -> Result<&T, Failure> {
        self.find(handle)
            .ok_or_else(|| Failure::handle_invalid(T::CLASS.name(), handle))
    }

    /// The object if it is there.
    pub fn find(&self, handle: Handle) -> Option<&T> {
        self.rows.get(&handle)
    }

    /// The object to be changed, which is noted, or `HANDLE_INVALID`.
    pub fn edit(&mut self, changes: &mut Changes, handle: Handle) -> Result<&mut T, Failure> {
        let row = self
            .rows
            .get_mut(&handle)
            .ok_or_else(|| Failure::handle_invalid(T::CLASS.name(), handle))?;
        changes.touch(T::CLASS, handle);
        Ok(row)
    }

    /// Adds an object.
    pub fn insert(&mut self, changes: &mut Changes, row: T) -> Handle {
        let handle = row.handle();
        changes.touch(T::CLASS, handle);
        self.rows.insert(handle, row);
        handle
    }

    /// Takes an object out, or `HANDLE_INVALID`.
    pub fn remove(&mut self, changes: &mut Changes, handle: Handle) -> Result<T, Failure> {
        let row = self
            .rows
            .remove(&handle)
            .ok_or_else(|| Failure::handle_invalid(T::CLASS.name(), handle))?;
        changes.remove(T::CLASS, handle);
        Ok(row)
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = &T> + '_ {
        self.rows.values()
    }

    /// All references.
    pub fn handles(&self) -> impl Iterator<Item = Handle> + '_ {
        self.rows.keys().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
}
