//! The paper's monitors: they look at the pool by themselves and tell the writer what they see.
//!
//! The Node Monitor sees nodes come, change and go; the VM Monitor sees instances that changed
//! without being told to (shut down from the inside, crashed, vanished) and addresses that guests
//! report late. Monitors record; the decision what to do about it is the aggregates'.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use openpex_aggregates::InstanceId;
use openpex_aggregates::instance::Observation;
use openpex_aggregates::live::{Command, Sighting};
use openpex_aggregates::node::{NodeSighting, NodeStatus};
use openpex_aggregates::policy::Policy;
use tokio_util::sync::CancellationToken;

use crate::dispatcher::{DispatchError, Dispatcher, NodeFacts};
use crate::writer::{WriteError, WriteRequest, WriterHandle};

/// How often the Node Monitor looks.
const NODE_INTERVAL: Duration = Duration::from_secs(15);

/// How often the VM Monitor looks.
const VM_INTERVAL: Duration = Duration::from_secs(15);

/// Why a monitor could not tell what it saw.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// The pool did not answer.
    #[error("the pool cannot be seen")]
    Pool(#[from] DispatchError),
    /// The writer did not take it.
    #[error("what was seen is not recorded")]
    Writer(#[from] WriteError),
}

/// Both monitors over one pool.
#[derive(Clone)]
pub struct Monitors {
    dispatcher: Arc<dyn Dispatcher>,
    writer: WriterHandle,
}

impl Monitors {
    /// Monitors that look through `dispatcher` and tell `writer`.
    #[must_use]
    pub fn new(dispatcher: Arc<dyn Dispatcher>, writer: WriterHandle) -> Self {
        Self { dispatcher, writer }
    }

    /// Looks at the nodes at once.
    ///
    /// # Errors
    /// When the pool does not answer or the writer does not take what was seen.
    pub async fn look_at_nodes(&self) -> Result<(), MonitorError> {
        let facts = self.dispatcher.list_nodes().await?;
        let sightings: Vec<_> = facts.into_iter().map(to_sighting).collect();
        let known = sightings.clone();
        let news = self.writer.inspect(move |live| {
            let seen = |node: &openpex_aggregates::node::Node| {
                known
                    .iter()
                    .any(|s| s.name == node.name && node.sight(s).is_empty())
            };
            let retired = |node: &openpex_aggregates::node::Node| {
                node.status == NodeStatus::Retired && known.iter().all(|s| s.name != node.name)
            };
            live.nodes().count() < known.len() || !live.nodes().all(|n| seen(n) || retired(n))
        });
        if news.await? {
            let command = Command::SightNodes(sightings);
            self.writer
                .submit(WriteRequest::by_service(command))
                .await?;
        }
        self.learn_templates().await
    }

    /// Adopts the pool's templates where the policy has none: the pool was not to be seen when the
    /// service started.
    async fn learn_templates(&self) -> Result<(), MonitorError> {
        let policy = self.writer.inspect(|live| live.policy().clone()).await?;
        if policy.version == 0 || !policy.templates.is_empty() {
            return Ok(());
        }
        let templates = self.dispatcher.list_templates().await?;
        let command = Command::AdoptPolicy(Box::new(Policy {
            templates,
            ..policy
        }));
        self.writer
            .submit(WriteRequest::by_service(command))
            .await?;
        Ok(())
    }

    /// Looks at the instances at once.
    ///
    /// # Errors
    /// When the pool does not answer or the writer does not take what was seen.
    pub async fn look_at_instances(&self) -> Result<(), MonitorError> {
        // The sequences are read first: what happens while the pool is asked makes a sighting stale.
        let settled = self.writer.inspect(|live| {
            live.instances()
                .filter(|(_, tracked)| tracked.state.in_flight().is_none())
                .map(|(id, tracked)| (id, tracked.sequence, tracked.state.observed.clone()))
                .collect::<Vec<_>>()
        });
        let settled = settled.await?;
        if settled.is_empty() {
            return Ok(());
        }
        let seen: HashMap<InstanceId, Observation> = self
            .dispatcher
            .observe_instances()
            .await?
            .into_iter()
            .collect();
        let sightings: Vec<Sighting> = settled
            .into_iter()
            .filter_map(|(instance_id, as_of, known)| {
                let observation = seen.get(&instance_id).cloned().unwrap_or_default();
                (observation != known).then_some(Sighting {
                    instance_id,
                    as_of,
                    observation,
                })
            })
            .collect();
        if !sightings.is_empty() {
            let command = Command::RecordObservations(sightings);
            self.writer
                .submit(WriteRequest::by_service(command))
                .await?;
        }
        Ok(())
    }

    /// Looks at the nodes again and again until `stop`.
    pub async fn watch_nodes(self, stop: CancellationToken) {
        while pause(NODE_INTERVAL, &stop).await {
            if let Err(error) = self.look_at_nodes().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the node monitor saw nothing"
                );
            }
        }
    }

    /// Looks at the instances again and again until `stop`.
    pub async fn watch_instances(self, stop: CancellationToken) {
        while pause(VM_INTERVAL, &stop).await {
            if let Err(error) = self.look_at_instances().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the vm monitor saw nothing"
                );
            }
        }
    }
}

/// Waits; `false` once `stop` is asked for. Monitors poll by the machine's time, not the site's: a
/// test clock stands still while a pool does not.
async fn pause(interval: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(interval) => true,
    }
}

fn to_sighting(facts: NodeFacts) -> NodeSighting {
    let NodeFacts {
        name,
        pool,
        capacity,
        live,
        enabled,
    } = facts;
    let status = match (live, enabled) {
        (false, _) => NodeStatus::Lost,
        (true, false) => NodeStatus::Draining,
        (true, true) => NodeStatus::InService,
    };
    NodeSighting {
        name,
        pool,
        capacity,
        status,
    }
}
