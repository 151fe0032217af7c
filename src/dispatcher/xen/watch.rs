//! Our VMs as the pool last told of them, kept level by `event.from`.
//!
//! Reading every record of a pool of 144 hosts is a megabyte of XML; what changed since the last
//! look is next to nothing. Owns the token, what was seen up to it, and when that is not to be
//! trusted any more. What is kept here is only ever shown;
//! no effect is decided by it, as each looks at its VM itself.
//!
//! # Design notes
//! The pool keeps deletions for a while only, so a reader that comes late may miss one: the counts
//! that come with each reply give it away, and everything is read anew. It is also read anew after
//! any failure and after [`WHOLE_AFTER`], since a pool that was restored to an earlier state counts
//! its generations from there. Readers take turns: the lock is held over the call, so that a reply
//! is never folded into what another one has moved on.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use xmlrpc::Value;

use super::XenDispatcher;
use super::codec::text;
use super::failures::XenError;
use super::records::{Fields, Vm};
use super::vms::first_ipv4;

/// How long changes alone are asked for before everything is read again.
const WHOLE_AFTER: Duration = Duration::from_secs(300);

/// The token that asks for everything.
const FROM_THE_START: &str = "";

/// The classes whose changes are asked for.
const CLASSES: [&str; 2] = ["vm", "vm_guest_metrics"];

/// What was seen up to a token.
#[derive(Debug)]
pub(super) struct Seen {
    token: String,
    whole_at: Instant,
    /// Every VM by reference; only those that are ours with their record.
    vms: BTreeMap<String, Option<Vm>>,
    /// What each guest says its address is, by the reference of its metrics.
    addresses: BTreeMap<String, Option<String>>,
}

impl Seen {
    fn nothing() -> Self {
        Self {
            token: FROM_THE_START.to_owned(),
            whole_at: Instant::now(),
            vms: BTreeMap::new(),
            addresses: BTreeMap::new(),
        }
    }

    /// Our VMs.
    pub(super) fn vms(&self) -> impl Iterator<Item = &Vm> {
        self.vms.values().flatten()
    }

    /// The address that the guest of `vm` has told.
    pub(super) fn address(&self, vm: &Vm) -> Option<String> {
        self.addresses.get(vm.guest_metrics.as_ref()?)?.clone()
    }

    /// Folds a batch of events in; whether the pool counts as many objects as there are here now.
    fn fold(&mut self, method: &str, batch: &Value) -> Result<bool, XenError> {
        let fields = Fields::of(method, batch)?;
        for event in fields.items("events")? {
            self.fold_event(Fields::of(method, event)?)?;
        }
        fields.text("token")?.clone_into(&mut self.token);
        let counts = fields.record("valid_ref_counts")?;
        let here = [self.vms.len(), self.addresses.len()];
        Ok(CLASSES
            .iter()
            .zip(here)
            .all(|(class, here)| counts.count(class) == Some(here)))
    }

    fn fold_event(&mut self, event: Fields<'_>) -> Result<(), XenError> {
        let (class, reference) = (event.text("class")?, event.text("ref")?);
        let is_vm = class.eq_ignore_ascii_case(CLASSES[0]);
        if !is_vm && !class.eq_ignore_ascii_case(CLASSES[1]) {
            return Ok(());
        }
        if event.text("operation")? == "del" {
            if is_vm {
                self.vms.remove(reference);
            } else {
                self.addresses.remove(reference);
            }
            return Ok(());
        }
        let snapshot = event.record("snapshot")?;
        if is_vm {
            let vm = Vm::read(reference, snapshot)?;
            let ours = vm.instance_id().is_some().then_some(vm);
            self.vms.insert(reference.to_owned(), ours);
        } else {
            let address = snapshot.value("networks").and_then(first_ipv4);
            self.addresses.insert(reference.to_owned(), address);
        }
        Ok(())
    }
}

impl XenDispatcher {
    /// Has `look` see our VMs as they are now.
    ///
    /// # Errors
    /// Those of a call; a reply that does not parse among them.
    pub(super) async fn with_seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> Result<T, XenError> {
        let mut kept = self.seen.lock().await;
        let young = |seen: &Seen| seen.whole_at.elapsed() < WHOLE_AFTER;
        if let Some(mut seen) = kept.take().filter(young) {
            match self.catch_up(&mut seen).await {
                Ok(true) => return Ok(look(kept.insert(seen))),
                // The pool understood and refuses, or counts otherwise than we do.
                Ok(false) | Err(XenError::Failure(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let mut seen = Seen::nothing();
        let level = self.catch_up(&mut seen).await?;
        let looked = look(&seen);
        *kept = level.then_some(seen);
        Ok(looked)
    }

    async fn catch_up(&self, seen: &mut Seen) -> Result<bool, XenError> {
        let method = "event.from";
        let classes = CLASSES.map(text).to_vec();
        // What there is now; it is not waited for.
        let args = [Value::Array(classes), text(&seen.token), Value::Double(0.0)];
        let batch = self.call(method, &args).await?;
        seen.fold(method, &batch)
    }
}
