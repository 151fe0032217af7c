//! The calls of XenAPI that the pool knows, one file a subject.
//!
//! Owns what each call takes, does and gives, given the state under its lock. Nothing here waits:
//! an operation that takes time is begun and finished by `core`.

mod arguments;
mod copies;
mod generic;
mod guest_power;
mod hosts;
mod sizes;
mod storage;
mod tasks;

use std::collections::HashMap;
use std::sync::LazyLock;

use openpex_aggregates::Timestamp;

pub use self::arguments::Arguments;
pub use self::generic::Generic;
use super::handle::Handle;
use super::options::PoolOptions;
use super::state::State;
use super::state::class::Class;
use super::state::operation::Operation;
use super::value::{Failure, XenValue};

/// What a call works on.
pub struct Context<'a> {
    /// The pool.
    pub state: &'a mut State,
    /// What it was made from.
    pub options: &'a PoolOptions,
    /// The present instant.
    pub now: Timestamp,
    /// Whose call it is.
    pub session: Handle,
    /// The task that does it.
    pub task: Handle,
}

/// What a call does.
pub type Handler = fn(&mut Context<'_>, &Arguments<'_>) -> Result<XenValue, Failure>;

/// How a call is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// It only looks, or concerns sessions and tasks: not journaled, no asynchronous form.
    Look,
    /// It changes fields: journaled, no asynchronous form.
    Set,
    /// It acts: journaled, also asynchronous.
    Act,
    /// It acts on the VM named first, one such operation at a time: journaled, also asynchronous.
    Operate(Operation),
}

/// A call of XenAPI.
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// How many parameters it needs after the session.
    pub required: usize,
    /// How many more it takes.
    pub optional: usize,
    /// How it is run.
    pub conduct: Conduct,
    /// What it does.
    pub run: Handler,
}

impl Method {
    const fn new(name: &'static str, required: usize, conduct: Conduct, run: Handler) -> Self {
        Self {
            name,
            required,
            optional: 0,
            conduct,
            run,
        }
    }

    const fn look(name: &'static str, required: usize, run: Handler) -> Self {
        Self::new(name, required, Conduct::Look, run)
    }

    const fn set(name: &'static str, required: usize, run: Handler) -> Self {
        Self::new(name, required, Conduct::Set, run)
    }

    const fn act(name: &'static str, required: usize, run: Handler) -> Self {
        Self::new(name, required, Conduct::Act, run)
    }

    const fn operate(
        name: &'static str,
        required: usize,
        operation: Operation,
        run: Handler,
    ) -> Self {
        Self::new(name, required, Conduct::Operate(operation), run)
    }

    const fn or_more(mut self, optional: usize) -> Self {
        self.optional = optional;
        self
    }
}

static METHODS: LazyLock<HashMap<&'static str, &'static Method>> = LazyLock::new(|| {
    [
        guest_power::METHODS,
        copies::METHODS,
        sizes::METHODS,
        hosts::METHODS,
        storage::METHODS,
        tasks::METHODS,
    ]
    .into_iter()
    .flatten()
    .map(|method| (method.name, method))
    .collect()
});

/// What a method's name leads to.
#[derive(Clone, Copy)]
pub enum Target {
    /// A call with a file of its own.
    Method(&'static Method),
    /// A getter or setter.
    Generic(Generic),
}

impl Target {
    /// What `name`, without `Async.`, leads to.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let method = METHODS.get(name).map(|method| Self::Method(method));
        method.or_else(|| Generic::named(name).map(Self::Generic))
    }

    /// How it is run.
    #[must_use]
    pub const fn conduct(self) -> Conduct {
        match self {
            Self::Method(method) => method.conduct,
            Self::Generic(generic) => generic.conduct(),
        }
    }

    /// Whether it has an asynchronous form.
    #[must_use]
    pub const fn is_asynchronous(self) -> bool {
        matches!(self.conduct(), Conduct::Act | Conduct::Operate(_))
    }

    /// Whether the journal tells of it.
    #[must_use]
    pub const fn is_journaled(self) -> bool {
        !matches!(self.conduct(), Conduct::Look)
    }

    /// How many parameters it needs after the session, and how many it takes at most.
    #[must_use]
    pub const fn parameters(self) -> (usize, usize) {
        match self {
            Self::Method(method) => (method.required, method.required + method.optional),
            Self::Generic(generic) => (generic.parameters(), generic.parameters()),
        }
    }

    /// Does it.
    pub fn run(
        self,
        context: &mut Context<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<XenValue, Failure> {
        match self {
            Self::Method(method) => (method.run)(context, arguments),
            Self::Generic(generic) => generic.run(context, arguments),
        }
    }
}

/// The class of a method's name.
#[must_use]
pub fn class_of(name: &str) -> Option<Class> {
    Class::named(name.split_once('.')?.0)
}

/// The methods that `core` runs itself.
pub const OF_CORE: [&str; 3] = [
    "session.login_with_password",
    "event.from",
    "system.listMethods",
];

/// Names of all methods, as `system.listMethods` gives them.
#[must_use]
pub fn all_names() -> Vec<String> {
    let mut names: Vec<String> = OF_CORE.map(str::to_owned).to_vec();
    for method in METHODS.values() {
        names.push(method.name.to_owned());
        if Target::Method(method).is_asynchronous() {
            names.push(format!("Async.{}", method.name));
        }
    }
    names.extend(Generic::all_names());
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_leads_somewhere() {
        let names = all_names();
        assert!(names.len() > 500, "{}", names.len());
        for name in names
            .iter()
            .filter(|name| !OF_CORE.contains(&name.as_str()))
        {
            let bare = name.strip_prefix("Async.").unwrap_or(name);
            let target = Target::named(bare).unwrap_or_else(|| panic!("{name}"));
            assert!(name == bare || target.is_asynchronous(), "{name}");
        }
        for name in [
            "VM.get_everything",
            "VM.set_power_state",
            "VM",
            "",
            "VM.",
            "vm.get_all",
        ] {
            assert!(Target::named(name).is_none(), "{name}");
        }
    }
}
