//! Sessions, tasks, and the parts of events that need no waiting.

use super::{Arguments, Context, Method};
use crate::simulator::handle::Handle;
use crate::simulator::state::State;
use crate::simulator::state::class::Class;
use crate::simulator::state::task::{Progress, Task};
use crate::simulator::value::{Failure, XenValue};

pub(super) static METHODS: &[Method] = &[
    Method::look("session.logout", 0, logout),
    Method::look("task.create", 2, create),
    Method::look("task.destroy", 1, destroy),
    Method::look("task.cancel", 1, cancel),
    Method::look("event.get_current_id", 0, get_current_id),
    Method::look("event.inject", 2, inject),
];

fn logout(context: &mut Context<'_>, _: &Arguments<'_>) -> Result<XenValue, Failure> {
    context.state.sessions.close(context.session);
    Ok(XenValue::VOID)
}

impl State {
    /// Ends a task, and forgets the oldest done ones beyond `most`.
    pub fn finish_task(
        &mut self,
        task: Handle,
        progress: Progress,
        most: usize,
    ) -> Result<(), Failure> {
        let row = self.tasks.edit(&mut self.changes, task)?;
        row.progress = progress;
        row.operating_on = Handle::NULL;
        let mut done: Vec<_> = self
            .tasks
            .iter()
            .filter_map(|task| task.finished().map(|at| (at, task.created, task.handle)))
            .collect();
        if done.len() > most {
            done.sort_unstable();
            let excess = done.len() - most;
            // Never the one that has just ended: somebody is about to ask for it.
            let oldest = done
                .into_iter()
                .map(|(.., old)| old)
                .filter(|old| *old != task);
            for old in oldest.take(excess).collect::<Vec<_>>() {
                self.tasks.remove(&mut self.changes, old)?;
            }
        }
        Ok(())
    }
}

fn create(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (label, description) = (
        arguments.text(0, "label")?,
        arguments.text(1, "description")?,
    );
    let task = context.new_task(label)?;
    let row = context.state.tasks.edit(&mut context.state.changes, task)?;
    row.name_description = description.to_owned();
    Ok(task.into())
}

impl Context<'_> {
    /// A pending task of that name.
    pub fn new_task(&mut self, name: &str) -> Result<Handle, Failure> {
        let pending = self
            .state
            .tasks
            .iter()
            .filter(|task| task.finished().is_none())
            .count();
        if pending >= self.options.limits.pending_tasks {
            return Err(Failure::bare("TOO_MANY_PENDING_TASKS"));
        }
        let pool = self.state.pool_handle();
        let task = Task {
            handle: Handle::fresh(),
            name_label: name.to_owned(),
            created: self.now,
            resident_on: self.state.pools.get(pool)?.master,
            ..Task::default()
        };
        Ok(self.state.tasks.insert(&mut self.state.changes, task))
    }
}

/// A task that is not done goes on without its record.
fn destroy(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, Class::Task)?;
    context
        .state
        .tasks
        .remove(&mut context.state.changes, handle)?;
    Ok(XenValue::VOID)
}

/// Stops a slow VM operation before it has its effect; what is done stays done.
fn cancel(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, Class::Task)?;
    let task = context.state.tasks.get(handle)?;
    let (done, vm) = (task.finished().is_some(), task.operating_on);
    if done {
        return Ok(XenValue::VOID);
    }
    if context.state.vms.find(vm).is_some() && context.state.end(vm, handle)? {
        return Ok(XenValue::VOID);
    }
    Err(Failure::not_allowed("the task cannot be cancelled"))
}

fn get_current_id(context: &mut Context<'_>, _: &Arguments<'_>) -> Result<XenValue, Failure> {
    Ok(i64::try_from(context.state.changes.generation())
        .unwrap_or(i64::MAX)
        .into())
}

/// Makes an event of an object out of nothing, and gives the token to wait for it from.
fn inject(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (class, reference) = (arguments.text(0, "class")?, arguments.text(1, "ref")?);
    let invalid = || Failure::handle_invalid(class, reference);
    let known = Class::LISTED
        .into_iter()
        .find(|known| known.name().eq_ignore_ascii_case(class));
    let known = known.ok_or_else(invalid)?;
    let handle: Handle = reference.parse().map_err(|_| invalid())?;
    context
        .state
        .record(known, handle, context.now)
        .map_err(|_| invalid())?;
    let token = crate::simulator::events::format_token(context.state.changes.generation());
    context.state.changes.touch(known, handle);
    Ok(token.into())
}
