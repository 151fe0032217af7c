//! The Dispatcher of the paper: the only part that knows what hypervisor there is.
//!
//! Owns the trait that the process manager calls and the errors it answers with. It never decides
//! what is to be done and never writes to the ledger; `xen` speaks to a Xen pool.

pub mod xen;

use async_trait::async_trait;
use openpex_aggregates::instance::{Effect, InstanceSpec, Observation};
use openpex_aggregates::{InstanceId, NodeName, Resources};

/// Carries out effects on a hypervisor and tells what is there.
///
/// Two implementations: the Xen pool, and the simulation's.
#[async_trait]
pub trait Dispatcher: Send + Sync + 'static {
    /// Makes the order's effect true for its instance, looking first at what is already so.
    ///
    /// Safe to repeat, also after a crash or a lost reply: it finds the VM by the instance id it
    /// carries and never makes or starts a second one. Orders of different instances may run at
    /// the same time; those of one instance must follow one another.
    async fn carry_out(&self, order: &EffectOrder) -> Result<Observation, DispatchError>;

    /// Every instance of ours that the pool holds, as it is now; one read for all.
    async fn observe_instances(&self) -> Result<Vec<(InstanceId, Observation)>, DispatchError>;

    /// The pool's nodes as they are now.
    async fn list_nodes(&self) -> Result<Vec<NodeFacts>, DispatchError>;

    /// Names of the templates that instances can be cloned from.
    async fn list_templates(&self) -> Result<Vec<String>, DispatchError>;
}

/// One effect to be carried out on one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectOrder {
    /// What is to become true.
    pub effect: Effect,
    /// Of which instance.
    pub spec: InstanceSpec,
    /// Names the intent: equal when the same intent is tried again, different for the next one.
    /// A reboot is told from its own repetition by it, since the power state cannot tell.
    pub effect_id: u64,
}

/// A node as the pool describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its name in the pool.
    pub name: NodeName,
    /// Name of its pool.
    pub pool: String,
    /// What guests can use of it.
    pub capacity: Resources,
    /// Whether it is alive.
    pub live: bool,
    /// Whether it takes new VMs.
    pub enabled: bool,
}

/// What to do about an effect that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// It may go through later: back off and try again.
    Transient,
    /// The node cannot take it: another might.
    NodeUnfit,
    /// Only an operator can mend it; trying again is cheap but unlikely to help.
    OperatorNeeded,
    /// We spoke wrongly.
    OurFault,
}

/// Why an effect was not carried out, or is not known to have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct DispatchError {
    /// XenAPI error code, or one of ours such as `CONNECTION_FAILED`.
    pub code: String,
    /// Its parameters or cause, without secrets.
    pub message: String,
    /// What to do about it.
    pub class: FailureClass,
}
