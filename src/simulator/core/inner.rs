//! What is done under the lock: calls begun, finished and entered in the journal.

use openpex_aggregates::Timestamp;

use crate::simulator::calls::{self, Arguments, Context, Target};
use crate::simulator::handle::Handle;
use crate::simulator::journal::{Entry, Journal, Subject};
use crate::simulator::options::PoolOptions;
use crate::simulator::state::State;
use crate::simulator::state::class::Class;
use crate::simulator::state::operation::Operation;
use crate::simulator::state::vm::{InProgress, Power};
use crate::simulator::state_file::StateFile;
use crate::simulator::value::{Failure, XenValue};

/// What the lock guards.
pub(in crate::simulator) struct Inner {
    pub(in crate::simulator) state: State,
    pub(in crate::simulator) journal: Journal,
    pub(super) file: Option<StateFile>,
    /// Sequence of the newest journal entry that is in the file.
    pub(super) saved: u64,
}

/// A call on its way.
pub(super) struct Call {
    pub(super) target: Target,
    pub(super) name: String,
    pub(super) params: Vec<XenValue>,
    pub(super) session: Handle,
    pub(super) task: Handle,
}

impl State {
    pub(super) fn use_session(
        &mut self,
        session: &XenValue,
        now: Timestamp,
        options: &PoolOptions,
    ) -> Result<Handle, Failure> {
        let text = if let XenValue::Text(text) = session {
            text
        } else {
            ""
        };
        self.sessions.use_one(text, now, options.session_idle)
    }

    /// The object that a call of `method` works on, if `reference` is one.
    fn subject_of(&self, method: &str, reference: Option<&XenValue>) -> Option<Subject> {
        let XenValue::Text(text) = reference? else {
            return None;
        };
        self.subject(calls::class_of(method)?, text.parse().ok()?)
    }

    fn subject(&self, class: Class, handle: Handle) -> Option<Subject> {
        let (name, other_config) = match class {
            Class::Vm => {
                let vm = self.vms.find(handle)?;
                (vm.name_label.clone(), vm.other_config.clone())
            }
            Class::Vdi => {
                let vdi = self.vdis.find(handle)?;
                (vdi.name_label.clone(), vdi.other_config.clone())
            }
            Class::Host => {
                let host = self.hosts.find(handle)?;
                (host.name_label.clone(), host.other_config.clone())
            }
            Class::Pool
            | Class::HostMetrics
            | Class::VmMetrics
            | Class::VmGuestMetrics
            | Class::Vbd
            | Class::Sr
            | Class::Pbd
            | Class::Vif
            | Class::Network
            | Class::Task
            | Class::Session => return Some(Subject::unknown(class.name(), handle)),
        };
        let vm = (class == Class::Vm)
            .then(|| self.vms.find(handle))
            .flatten();
        let host = vm.and_then(|vm| self.hosts.find(vm.resident_on()));
        Some(Subject {
            class: class.name().to_owned(),
            reference: handle.to_string(),
            uuid: handle.uuid().to_string(),
            name,
            other_config,
            host: host.map(|host| host.name_label.clone()),
            power_state: vm.map(|vm| vm.power.state().name().to_owned()),
            source: None,
        })
    }
}

impl Inner {
    pub(super) fn commit(&mut self, now: Timestamp, options: &PoolOptions) -> std::io::Result<u64> {
        self.state.note_boots(now);
        let sealed = self.state.changes.seal(options.limits.deleted_events);
        let fresh = self.journal.page(self.saved, usize::MAX);
        if let Some(file) = &mut self.file
            && (!sealed.is_empty() || !fresh.is_empty())
        {
            file.append(&self.state, &sealed, fresh)?;
        }
        self.saved = self.journal.last_sequence();
        Ok(self.state.changes.generation())
    }

    /// Begins a slow operation, and gives the VM that it is in progress on.
    pub(super) fn begin(
        &mut self,
        call: &Call,
        operation: Operation,
        now: Timestamp,
    ) -> Result<Handle, Failure> {
        let before = self.state.subject_of(&call.name, call.params.get(1));
        let begun = self
            .check_journal(call)
            .and_then(|()| self.enter(call, operation, now));
        if let Err(failure) = &begun {
            self.record(call, before, &Err(failure.clone()), now);
        }
        begun
    }

    fn check_journal(&self, call: &Call) -> Result<(), Failure> {
        if call.target.is_journaled() && self.journal.is_full() {
            let entries = self.journal.entries().len();
            let reason = format!("the simulated pool's journal is full ({entries} entries)");
            return Err(Failure::not_allowed(&reason));
        }
        Ok(())
    }

    fn enter(
        &mut self,
        call: &Call,
        operation: Operation,
        now: Timestamp,
    ) -> Result<Handle, Failure> {
        let (arguments, task) = (Arguments(&call.params[1..]), call.task);
        let state = &mut self.state;
        let vm = arguments.handle(0, Class::Vm)?;
        state.check(vm, operation, task, now)?;
        let destination = if operation.names_its_host() {
            let host = arguments.handle(1, Class::Host)?;
            if state.vms.get(vm)?.resident_on() != host {
                state.admit(vm, host, task)?;
            }
            host
        } else if operation.chooses_its_host() {
            state.choose_host(vm, task)?
        } else {
            Handle::NULL
        };
        if operation.overtakes() {
            state.overtake(vm, task)?;
        }
        state.begin(
            vm,
            InProgress {
                task,
                operation,
                destination,
            },
        )?;
        if state.tasks.find(task).is_some() {
            state.tasks.edit(&mut state.changes, task)?.operating_on = vm;
        }
        Ok(vm)
    }

    /// Has the effect of a call, unless `failure` is to take its place, and enters it in the
    /// journal.
    pub(super) fn conclude(
        &mut self,
        call: &Call,
        holds: Option<Handle>,
        failure: Option<Failure>,
        now: Timestamp,
        options: &PoolOptions,
    ) -> Result<XenValue, Failure> {
        let before = self.state.subject_of(&call.name, call.params.get(1));
        let still_held = holds.map_or(Ok(true), |vm| self.state.end(vm, call.task));
        let outcome = self
            .check_journal(call)
            .and_then(|()| match (still_held?, failure) {
                (_, Some(failure)) => Err(failure),
                (false, None) => Err(Failure::new("TASK_CANCELLED", [call.task])),
                (true, None) => {
                    let (session, task) = (call.session, call.task);
                    let state = &mut self.state;
                    let mut context = Context {
                        state,
                        options,
                        now,
                        session,
                        task,
                    };
                    call.target.run(&mut context, &Arguments(&call.params[1..]))
                }
            });
        self.record(call, before, &outcome, now);
        outcome
    }

    /// Enters a call in the journal: about what it made, else what it worked on.
    ///
    /// A call that only looks is not entered, nor one that was refused for want of room.
    fn record(
        &mut self,
        call: &Call,
        before: Option<Subject>,
        outcome: &Result<XenValue, Failure>,
        now: Timestamp,
    ) {
        if !call.target.is_journaled() || self.journal.is_full() {
            return;
        }
        let made = outcome
            .as_ref()
            .ok()
            .and_then(|v| self.state.subject_of(&call.name, Some(v)));
        let after = || self.state.subject_of(&call.name, call.params.get(1));
        let subject = match (made, before) {
            (Some(made), before) => Some(Subject {
                source: before.map(|source| source.reference),
                ..made
            }),
            (None, Some(before)) => Some(match after() {
                Some(after) => {
                    let host = after.host.clone().or(before.host);
                    Subject { host, ..after }
                }
                None => before,
            }),
            (None, None) => None,
        };
        let unknown = || Subject {
            class: calls::class_of(&call.name).map_or_else(String::new, |c| c.to_string()),
            reference: match call.params.get(1) {
                Some(XenValue::Text(text)) => text.to_string(),
                _ => String::new(),
            },
            ..Subject::default()
        };
        let subject = subject.unwrap_or_else(unknown);
        let (code, params) = match outcome {
            Ok(_) => ("ok".to_owned(), Vec::new()),
            Err(failure) => (failure.code.to_string(), failure.params.clone()),
        };
        self.journal.push(Entry {
            sequence: 0,
            at_ms: now,
            operation: call.name.clone(),
            outcome: code,
            error_params: params,
            subject,
        });
    }

    fn record_event(&mut self, operation: &str, subject: Subject, now: Timestamp) {
        self.journal.push(Entry {
            sequence: 0,
            at_ms: now,
            operation: operation.to_owned(),
            outcome: "ok".to_owned(),
            error_params: Vec::new(),
            subject,
        });
    }

    /// Halts a VM for a reason of its own.
    pub(super) fn halt(
        &mut self,
        vm: Handle,
        operation: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let before = self.state.subject(Class::Vm, vm);
        self.state.overtake(vm, Handle::NULL)?;
        self.state.set_power(vm, Power::Halted)?;
        if let Some(after) = self.state.subject(Class::Vm, vm) {
            let host = before.and_then(|before| before.host);
            self.record_event(operation, Subject { host, ..after }, now);
        }
        Ok(())
    }

    /// A host that loses its power keeps its VMs in the books, as a pool that cannot reach it does;
    /// when it is back, they are halted.
    pub(super) fn set_host_power(&mut self, name: &str, live: bool, now: Timestamp) {
        let Some(host) = self.state.hosts.iter().find(|host| host.name_label == name) else {
            return;
        };
        let handle = host.handle;
        if host.live == live {
            return;
        }
        if let Ok(host) = self.state.hosts.edit(&mut self.state.changes, handle) {
            host.live = live;
        }
        self.state
            .changes
            .touch(Class::HostMetrics, handle.metrics());
        if let Some(subject) = self.state.subject(Class::Host, handle) {
            self.record_event(if live { "host.up" } else { "host.down" }, subject, now);
        }
        if live {
            let residents: Vec<Handle> = self.state.residents(handle).map(|vm| vm.handle).collect();
            for vm in residents {
                // A resident is in the table, so this cannot fail.
                let _ = self.halt(vm, "guest.lost", now);
            }
        }
    }
}
