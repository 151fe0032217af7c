//! How a call is answered: parameters, session, faults, the time it takes, and its task.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Core;
use super::inner::Call;
use crate::simulator::calls::{self, Arguments, Conduct, Context, Target};
use crate::simulator::events::{self, Subscription};
use crate::simulator::faults::{Hit, Plan};
use crate::simulator::handle::Handle;
use crate::simulator::options::LONGEST_POLL;
use crate::simulator::state::operation::Operation;
use crate::simulator::state::session::Session;
use crate::simulator::state::task::Progress;
use crate::simulator::value::{Failure, XenValue};
use crate::simulator::xml::Request;

impl Core {
    /// Answers a call; the bare list of `system.listMethods` is told apart by the caller.
    pub async fn answer(
        self: Arc<Self>,
        request: Request,
        plan: Plan,
    ) -> Result<XenValue, Failure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        for event in &plan.events {
            self.happen(event);
        }
        match request.method.as_str() {
            "session.login_with_password" => {
                self.delay(&plan.call).await?;
                self.log_in(&Arguments(&request.params))
            }
            "event.from" => {
                self.delay(&plan.call).await?;
                self.poll_events(&request.params).await
            }
            "system.listMethods" => {
                self.delay(&plan.call).await?;
                Ok(XenValue::list(calls::all_names()))
            }
            _ => self.answer_method(request, plan).await,
        }
    }

    async fn delay(&self, hit: &Hit) -> Result<(), Failure> {
        if !hit.latency.is_zero() {
            tokio::time::sleep(hit.latency).await;
        }
        hit.failure.clone().map_or(Ok(()), Err)
    }

    async fn answer_method(
        self: Arc<Self>,
        request: Request,
        plan: Plan,
    ) -> Result<XenValue, Failure> {
        let unknown = || Failure::new("MESSAGE_METHOD_UNKNOWN", [&request.method]);
        let bare = request.method.strip_prefix("Async.");
        let name = bare.unwrap_or(&request.method).to_owned();
        let target = Target::named(&name).ok_or_else(unknown)?;
        if bare.is_some() && !target.is_asynchronous() {
            return Err(unknown());
        }
        let (least, most) = target.parameters();
        let given = request.params.len().saturating_sub(1);
        if request.params.is_empty() || !(least..=most).contains(&given) {
            let numbers = [name, least.to_string(), given.to_string()];
            return Err(Failure::new("MESSAGE_PARAMETER_COUNT_MISMATCH", numbers));
        }
        let params = request.params;
        if bare.is_none() {
            let task = Handle::fresh();
            return self
                .run(
                    Call {
                        target,
                        name,
                        params,
                        session: Handle::NULL,
                        task,
                    },
                    plan.call,
                )
                .await;
        }
        self.delay(&plan.call).await?;
        let (session, task) = self.begin_task(&params[0], &request.method)?;
        let call = Call {
            target,
            name,
            params,
            session,
            task,
        };
        let pool = Arc::clone(&self);
        self.tracker.spawn(async move {
            let outcome = Arc::clone(&pool).run(call, plan.task).await;
            pool.finish_task(task, outcome);
        });
        Ok(task.into())
    }

    fn begin_task(&self, session: &XenValue, name: &str) -> Result<(Handle, Handle), Failure> {
        let now = self.now();
        let mut inner = self.lock();
        let session = inner.state.use_session(session, now, &self.options)?;
        let state = &mut inner.state;
        let mut context = Context {
            state,
            options: &self.options,
            now,
            session,
            task: Handle::NULL,
        };
        let task = context.new_task(name)?;
        self.commit(inner, now)?;
        Ok((session, task))
    }

    fn finish_task(&self, task: Handle, outcome: Result<XenValue, Failure>) {
        let now = self.now();
        let progress = match outcome {
            Ok(value) => Progress::Success(now, value),
            Err(failure) if failure.code == "TASK_CANCELLED" => Progress::Cancelled(now, failure),
            Err(failure) => Progress::Failed(now, failure),
        };
        let mut inner = self.lock();
        let most = self.options.limits.completed_tasks;
        // The task may have been destroyed meanwhile, or the file be full: there is nobody to tell.
        let _ = inner.state.finish_task(task, progress, most);
        let _ = self.commit(inner, now);
    }

    /// Runs a call: at once, or begun now and finished after its latency.
    async fn run(self: Arc<Self>, mut call: Call, hit: Hit) -> Result<XenValue, Failure> {
        let holds = match call.target.conduct() {
            Conduct::Operate(operation) if !hit.latency.is_zero() && hit.failure.is_none() => {
                self.begin_operation(&mut call, operation)?
            }
            Conduct::Look | Conduct::Set | Conduct::Act | Conduct::Operate(_) => None,
        };
        if !hit.latency.is_zero() {
            tokio::time::sleep(hit.latency).await;
        }
        let now = self.now();
        let mut inner = self.lock();
        if call.session.is_null() {
            call.session = inner
                .state
                .use_session(&call.params[0], now, &self.options)?;
        }
        let outcome = inner.conclude(&call, holds, hit.failure, now, &self.options);
        let committed = self.commit(inner, now);
        if call.name == "session.logout" {
            // Whoever polls in that session is to hear of its end.
            self.changed.send_modify(|_| {});
        }
        committed.and(outcome)
    }

    /// Begins a slow operation and gives the VM that it is in progress on.
    fn begin_operation(
        &self,
        call: &mut Call,
        operation: Operation,
    ) -> Result<Option<Handle>, Failure> {
        let now = self.now();
        let mut inner = self.lock();
        if call.session.is_null() {
            call.session = inner
                .state
                .use_session(&call.params[0], now, &self.options)?;
        }
        let begun = inner.begin(call, operation, now);
        self.commit(inner, now)?;
        begun.map(Some)
    }

    fn log_in(&self, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
        let given = arguments.0.len();
        if !(2..=4).contains(&given) {
            let numbers = [
                "session.login_with_password".to_owned(),
                "2".to_owned(),
                given.to_string(),
            ];
            return Err(Failure::new("MESSAGE_PARAMETER_COUNT_MISMATCH", numbers));
        }
        let (user, password) = (arguments.text(0, "uname")?, arguments.text(1, "pwd")?);
        if arguments.has(2) {
            arguments.text(2, "version")?;
        }
        let originator = if arguments.has(3) {
            arguments.text(3, "originator")?
        } else {
            ""
        };
        if user != self.options.user || password != self.options.password {
            let params = [user, "Authentication failure"];
            return Err(Failure::new("SESSION_AUTHENTICATION_FAILED", params));
        }
        let now = self.now();
        let session = Session {
            handle: Handle::fresh(),
            user: user.to_owned(),
            originator: originator.to_owned(),
            created: now,
            last_active: now,
            last_use: 0,
        };
        let limits = &self.options.limits;
        Ok(self.lock().state.sessions.open(session, limits).into())
    }

    /// `event.from`: waits until something matches or the time is over.
    async fn poll_events(&self, params: &[XenValue]) -> Result<XenValue, Failure> {
        let (Some(session), [_, rest @ ..]) = (params.first(), params) else {
            let numbers = ["event.from", "3", "0"];
            return Err(Failure::new("MESSAGE_PARAMETER_COUNT_MISMATCH", numbers));
        };
        if rest.len() != 3 {
            let numbers = [
                "event.from".to_owned(),
                "3".to_owned(),
                rest.len().to_string(),
            ];
            return Err(Failure::new("MESSAGE_PARAMETER_COUNT_MISMATCH", numbers));
        }
        let arguments = Arguments(rest);
        let subscription = Subscription::parse(&arguments.texts(0, "classes")?)?;
        let since = events::parse_token(arguments.text(1, "token")?)?;
        let timeout = arguments.double(2, "timeout")?;
        let timeout = Duration::try_from_secs_f64(timeout.max(0.0)).unwrap_or(LONGEST_POLL);
        let deadline = tokio::time::Instant::now() + timeout.min(LONGEST_POLL);
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let over = self.stop.is_cancelled() || tokio::time::Instant::now() >= deadline;
            {
                let now = self.now();
                self.commit(self.lock(), now)?; // Guests that have booted by now are to be told of.
                let mut inner = self.lock();
                inner.state.use_session(session, now, &self.options)?;
                let (found, batch) = events::collect(&inner.state, &subscription, since, now);
                if found || over {
                    return Ok(batch);
                }
            }
            tokio::select! {
                // The sender lives in `self`, so the channel cannot close while this waits.
                _ = changed.changed() => {}
                () = tokio::time::sleep_until(deadline) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }
}
