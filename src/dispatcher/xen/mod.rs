//! The Dispatcher for a Xen pool: XenAPI over XML-RPC.
//!
//! [`XenDispatcher`] is the whole of it. Inside, from the wire up: `wire` (HTTP), `codec` (XML-RPC
//! and its guards), `session` (log-in, expiry, the way to the master), `tasks` (long work), `vms`
//! (finding and reading VMs), then the effects `start` (with reboot), `stop`, `remove`, and the
//! reads of `inventory`; `lasting` and `watch` remember what the pool said, the one names for a
//! moment, the other VMs for the monitors. It never decides what is to be done, keeps no state that
//! the pool does not hold, and never shows a password or a session reference.
//!
//! # Design notes
//! What an effect has to know after a crash is on the pool: the VM's label is derived from the
//! order alone ([`records::vm_label`]), so even a clone that nobody got to tag is found; the tag
//! says which instance it is; a note says which reboot was begun; the disks' label says whose they
//! were. No lock is held over the calls of an effect. Orders of different instances do not touch the same objects;
//! orders of one instance must follow one another.

mod codec;
mod failures;
mod inventory;
mod lasting;
mod options;
mod records;
mod remove;
mod session;
mod start;
mod stop;
mod tasks;
mod vms;
mod watch;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use openpex_aggregates::InstanceId;
use openpex_aggregates::instance::{Effect, Observation};
use tokio::sync::Mutex;
use tracing::{Instrument, debug_span};
use xmlrpc::Value;

use super::{DispatchError, Dispatcher, EffectOrder, NodeFacts};
use failures::XenError;
use lasting::Remembered;
pub use options::{Secret, XenOptions, XenOptionsError, XenTimeouts};
use session::Sessions;
use watch::Seen;

/// Carries out effects on a Xen pool (XCP-ng, XenServer).
#[derive(Debug)]
pub struct XenDispatcher {
    sessions: Sessions,
    /// The uuid of a VM that carries only the tag of an instance, not its label; by the last read
    /// of all VMs, `None` before the first. A cache: it only ever stops a clone from being made.
    relabelled: Mutex<Option<BTreeMap<InstanceId, String>>>,
    lasting: Remembered,
    /// What the pool last told of all VMs, for the monitors.
    seen: Mutex<Option<Seen>>,
}

impl XenDispatcher {
    /// A dispatcher for the pool of `options`. Reads the CA file; calls nobody.
    ///
    /// # Errors
    /// When the URL or the CA file cannot be used.
    pub fn new(options: XenOptions) -> Result<Self, XenOptionsError> {
        Ok(Self {
            sessions: Sessions::new(options)?,
            relabelled: Mutex::default(),
            lasting: Remembered::default(),
            seen: Mutex::default(),
        })
    }

    /// Logs out of the pool. A call that comes later would log in again.
    pub async fn close(&self) {
        self.sessions.close().await;
    }

    async fn call(&self, method: &str, args: &[Value]) -> Result<Value, XenError> {
        self.sessions.call(method, args).await
    }

    fn timeouts(&self) -> XenTimeouts {
        self.sessions.options().timeouts
    }
}

#[async_trait]
impl Dispatcher for XenDispatcher {
    async fn carry_out(&self, order: &EffectOrder) -> Result<Observation, DispatchError> {
        let EffectOrder {
            effect,
            spec,
            effect_id,
        } = order;
        let span = debug_span!("carry_out", instance_id = %spec.instance_id, ?effect, effect_id);
        let work = async {
            match effect {
                Effect::Start => self.start(spec).await,
                Effect::Stop => self.stop(spec).await,
                Effect::Reboot => self.reboot(spec, *effect_id).await,
                Effect::Remove => self.remove(spec).await,
            }
        };
        work.instrument(span).await.map_err(DispatchError::from)
    }

    async fn observe_instances(&self) -> Result<Vec<(InstanceId, Observation)>, DispatchError> {
        let span = debug_span!("observe_instances");
        self.read_instances()
            .instrument(span)
            .await
            .map_err(DispatchError::from)
    }

    async fn list_nodes(&self) -> Result<Vec<NodeFacts>, DispatchError> {
        let span = debug_span!("list_nodes");
        self.read_nodes()
            .instrument(span)
            .await
            .map_err(DispatchError::from)
    }

    async fn list_templates(&self) -> Result<Vec<String>, DispatchError> {
        let span = debug_span!("list_templates");
        self.read_templates()
            .instrument(span)
            .await
            .map_err(DispatchError::from)
    }
}
