//! The pool's memory between runs: a log of JSON lines, one object or journal entry each.
//!
//! Owns the file. After each call that changed something the changed objects are appended in one
//! write that ends with a mark; a batch without its mark never happened. At the start the log is
//! folded and written anew next to itself, and renamed into place. What was acknowledged survives
//! the death of the process, not of the machine: nothing is synced. Sessions, tasks, faults and
//! operations in progress are not kept. A lock file keeps a second process out.

use std::borrow::Cow;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::handle::Handle;
use super::journal::Entry;
use super::state::State;
use super::state::changes::Address;
use super::state::class::Class;
use super::state::host::{Host, PoolRow};
use super::state::network::{Network, Vif};
use super::state::storage::{Pbd, Sr, Vbd, Vdi};
use super::state::vm::Vm;

/// The form of the file that this code reads and writes.
const FORMAT: u32 = 1;

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Format(u32),
    Pool(Cow<'a, PoolRow>),
    Host(Cow<'a, Host>),
    Sr(Cow<'a, Sr>),
    Pbd(Cow<'a, Pbd>),
    Network(Cow<'a, Network>),
    Vm(Cow<'a, Vm>),
    Vdi(Cow<'a, Vdi>),
    Vbd(Cow<'a, Vbd>),
    Vif(Cow<'a, Vif>),
    Gone(Class, Handle),
    Journal(Cow<'a, Entry>),
    /// Ends a batch, with the generation of its newest change.
    Mark(u64),
}

/// Why the pool's state cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// Reading or writing failed.
    #[error("the pool's state file {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process has it.
    #[error("the pool's state file {0} is in use by another process")]
    InUse(PathBuf),
    /// A line is broken, and not because the last write was cut off.
    #[error("line {line} of the pool's state file {path} cannot be read")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1 on.
        line: usize,
        /// The cause.
        source: serde_json::Error,
    },
    /// It was written by another version.
    #[error("the pool's state file {path} has format {found}, this program reads {FORMAT}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What the file says.
        found: u32,
    },
    /// Objects point at nothing.
    #[error("the pool's state file {path} is inconsistent: {reason}")]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// The failure.
        reason: super::value::Failure,
    },
}

/// The file, open for appending.
#[derive(Debug)]
pub struct StateFile {
    file: File,
    /// A write failed, so the end of the file may be cut off.
    broken: bool,
    _lock: File,
}

/// Everything that the log says, folded.
#[derive(Debug, Default)]
struct Loaded {
    rows: Rows,
    journal: Vec<Entry>,
    generation: u64,
}

/// The newest line of each object, by class so that what is pointed at comes first.
type Rows = std::collections::BTreeMap<(u8, Handle), Line<'static>>;

impl StateFile {
    /// Loads the file into `state`, which must be empty, and opens it for what comes. Gives the
    /// journal.
    pub fn load(path: &Path, state: &mut State) -> Result<(Self, Vec<Entry>), StateFileError> {
        let io = |source| StateFileError::Io {
            path: path.to_owned(),
            source,
        };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(with_suffix(path, "lock"))
            .map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateFileError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let text = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(io(error)),
        };
        let loaded = fold(path, &text)?;
        let fresh = with_suffix(path, "new");
        let file = compact(&fresh, &loaded).map_err(io)?;
        std::fs::rename(&fresh, path).map_err(io)?;
        let inconsistent = |reason| StateFileError::Inconsistent {
            path: path.to_owned(),
            reason,
        };
        state.changes.resume_after(loaded.generation);
        for line in loaded.rows.into_values() {
            restore(state, line).map_err(inconsistent)?;
        }
        Ok((
            Self {
                file,
                broken: false,
                _lock: lock,
            },
            loaded.journal,
        ))
    }

    /// Appends what one call changed.
    pub fn append(
        &mut self,
        state: &State,
        sealed: &[(Address, bool)],
        journal: &[Entry],
    ) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other(
                "an earlier write failed; restart to go on",
            ));
        }
        let mut batch = Vec::new();
        for ((class, handle), gone) in sealed {
            let line = if *gone {
                is_kept(*class).then_some(Line::Gone(*class, *handle))
            } else {
                row(state, *class, *handle)
            };
            if let Some(line) = line {
                write_line(&mut batch, &line)?;
            }
        }
        for entry in journal {
            write_line(&mut batch, &Line::Journal(Cow::Borrowed(entry)))?;
        }
        if batch.is_empty() {
            return Ok(());
        }
        write_line(&mut batch, &Line::Mark(state.changes.generation()))?;
        let written = self.file.write_all(&batch);
        self.broken = written.is_err();
        written
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn write_line(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Folds the log up to its last mark.
fn fold(path: &Path, text: &[u8]) -> Result<Loaded, StateFileError> {
    let mut loaded = Loaded::default();
    let mut batch = Vec::new();
    let complete = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    for (number, line) in text[..complete].split(|byte| *byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let parsed: Line<'static> =
            serde_json::from_slice(line).map_err(|source| StateFileError::Broken {
                path: path.to_owned(),
                line: number + 1,
                source,
            })?;
        match parsed {
            Line::Format(FORMAT) => {}
            Line::Format(found) => {
                return Err(StateFileError::Format {
                    path: path.to_owned(),
                    found,
                });
            }
            Line::Mark(generation) => {
                loaded.generation = generation;
                batch.drain(..).for_each(|line| loaded.take(line));
            }
            object @ (Line::Pool(_)
            | Line::Host(_)
            | Line::Sr(_)
            | Line::Pbd(_)
            | Line::Network(_)
            | Line::Vm(_)
            | Line::Vdi(_)
            | Line::Vbd(_)
            | Line::Vif(_)
            | Line::Gone(..)
            | Line::Journal(_)) => batch.push(object),
        }
    }
    Ok(loaded)
}

impl Loaded {
    fn take(&mut self, line: Line<'static>) {
        let address = match &line {
            Line::Pool(row) => (Class::Pool, row.handle),
            Line::Host(row) => (Class::Host, row.handle),
            Line::Sr(row) => (Class::Sr, row.handle),
            Line::Pbd(row) => (Class::Pbd, row.handle),
            Line::Network(row) => (Class::Network, row.handle),
            Line::Vm(row) => (Class::Vm, row.handle),
            Line::Vdi(row) => (Class::Vdi, row.handle),
            Line::Vbd(row) => (Class::Vbd, row.handle),
            Line::Vif(row) => (Class::Vif, row.handle),
            Line::Gone(class, handle) => {
                self.rows.remove(&(rank(*class), *handle));
                return;
            }
            Line::Journal(entry) => {
                self.journal.push(entry.clone().into_owned());
                return;
            }
            Line::Format(_) | Line::Mark(_) => return,
        };
        self.rows.insert((rank(address.0), address.1), line);
    }
}

/// Repositories and networks before the disks and interfaces that are in them.
const fn rank(class: Class) -> u8 {
    match class {
        Class::Sr => 0,
        Class::Network => 1,
        Class::Pool => 2,
        Class::Host => 3,
        Class::Pbd => 4,
        Class::Vm => 5,
        Class::Vdi => 6,
        Class::Vbd => 7,
        Class::Vif => 8,
        Class::HostMetrics
        | Class::VmMetrics
        | Class::VmGuestMetrics
        | Class::Task
        | Class::Session => u8::MAX,
    }
}

const fn is_kept(class: Class) -> bool {
    rank(class) != u8::MAX
}

fn row(state: &State, class: Class, handle: Handle) -> Option<Line<'_>> {
    match class {
        Class::Pool => state
            .pools
            .find(handle)
            .map(|row| Line::Pool(Cow::Borrowed(row))),
        Class::Host => state
            .hosts
            .find(handle)
            .map(|row| Line::Host(Cow::Borrowed(row))),
        Class::Sr => state
            .srs
            .find(handle)
            .map(|row| Line::Sr(Cow::Borrowed(row))),
        Class::Pbd => state
            .pbds
            .find(handle)
            .map(|row| Line::Pbd(Cow::Borrowed(row))),
        Class::Network => state
            .networks
            .find(handle)
            .map(|row| Line::Network(Cow::Borrowed(row))),
        Class::Vm => state
            .vms
            .find(handle)
            .map(|row| Line::Vm(Cow::Borrowed(row))),
        Class::Vdi => state
            .vdis
            .find(handle)
            .map(|row| Line::Vdi(Cow::Borrowed(row))),
        Class::Vbd => state
            .vbds
            .find(handle)
            .map(|row| Line::Vbd(Cow::Borrowed(row))),
        Class::Vif => state
            .vifs
            .find(handle)
            .map(|row| Line::Vif(Cow::Borrowed(row))),
        Class::HostMetrics
        | Class::VmMetrics
        | Class::VmGuestMetrics
        | Class::Task
        | Class::Session => None,
    }
}

/// Writes everything that `loaded` says as one batch.
fn compact(path: &Path, loaded: &Loaded) -> io::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(path)?;
    let mut out = BufWriter::new(file);
    write_line(&mut out, &Line::Format(FORMAT))?;
    for line in loaded.rows.values() {
        write_line(&mut out, line)?;
    }
    for entry in &loaded.journal {
        write_line(&mut out, &Line::Journal(Cow::Borrowed(entry)))?;
    }
    write_line(&mut out, &Line::Mark(loaded.generation))?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}

/// Puts an object back; what it is listed in is found anew where it is not kept.
fn restore(state: &mut State, line: Line<'static>) -> Result<(), super::value::Failure> {
    let changes = &mut state.changes;
    match line {
        Line::Pool(row) => {
            state.pools.insert(changes, row.into_owned());
        }
        Line::Host(row) => {
            changes.touch(Class::HostMetrics, row.handle.metrics());
            state.hosts.insert(changes, row.into_owned());
        }
        Line::Sr(row) => {
            state.srs.insert(changes, row.into_owned());
        }
        Line::Pbd(row) => {
            state.pbds.insert(changes, row.into_owned());
        }
        Line::Network(row) => {
            state.networks.insert(changes, row.into_owned());
        }
        Line::Vm(row) => {
            state.insert_vm(row.into_owned());
        }
        Line::Vdi(row) => {
            state.insert_vdi(row.into_owned())?;
        }
        Line::Vbd(row) => {
            state.vbds.insert(changes, row.into_owned());
        }
        Line::Vif(row) => {
            let row = row.into_owned();
            state
                .networks
                .edit(changes, row.network)?
                .vifs
                .insert(row.handle);
            state.vifs.insert(changes, row);
        }
        Line::Format(_) | Line::Gone(..) | Line::Journal(_) | Line::Mark(_) => {}
    }
    Ok(())
}
