//! The Node aggregate: a physical host of a pool, its capacity and whether it can be counted on.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::{NodeName, Resources};

/// Whether a node takes reservations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NodeStatus {
    /// It takes what fits.
    #[default]
    InService,
    /// It keeps what it has and takes nothing new.
    Draining,
    /// It is not alive, or not to be seen.
    Lost,
    /// Its pool no longer has it.
    Retired,
}

/// A physical host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: NodeName,
    /// Its pool's name.
    pub pool: String,
    /// What its guests can use.
    pub capacity: Resources,
    /// Whether it takes reservations.
    pub status: NodeStatus,
}

/// What the Node Monitor sees of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSighting {
    /// Its name.
    pub name: NodeName,
    /// Its pool's name.
    pub pool: String,
    /// What its guests can use.
    pub capacity: Resources,
    /// Whether it takes reservations.
    pub status: NodeStatus,
}

/// A fact about one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeEvent {
    /// It was seen for the first time.
    NodeRegistered {
        /// Its name.
        name: NodeName,
        /// Its pool's name.
        pool: String,
        /// What its guests can use.
        capacity: Resources,
    },
    /// It has more or less than before.
    NodeCapacityChanged {
        /// What its guests can use now.
        capacity: Resources,
    },
    /// It takes reservations differently from now on.
    NodeStatusChanged {
        /// How.
        status: NodeStatus,
    },
}

impl DomainEvent for NodeEvent {
    fn event_type(&self) -> String {
        match self {
            Self::NodeRegistered { .. } => "NodeRegistered",
            Self::NodeCapacityChanged { .. } => "NodeCapacityChanged",
            Self::NodeStatusChanged { .. } => "NodeStatusChanged",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Node {
    /// What is new in `sighting`.
    #[must_use]
    pub fn sight(&self, sighting: &NodeSighting) -> Vec<NodeEvent> {
        let NodeSighting {
            name,
            pool,
            capacity,
            status,
        } = sighting;
        let (mut events, mut known) = (Vec::new(), self.clone());
        if self.name.0.is_empty() {
            let (name, pool, capacity) = (name.clone(), pool.clone(), *capacity);
            events.push(NodeEvent::NodeRegistered {
                name,
                pool,
                capacity,
            });
            known.capacity = capacity;
        }
        if known.capacity != *capacity {
            events.push(NodeEvent::NodeCapacityChanged {
                capacity: *capacity,
            });
        }
        if known.status != *status {
            events.push(NodeEvent::NodeStatusChanged { status: *status });
        }
        events
    }

    /// Folds one event.
    pub fn fold(&mut self, event: &NodeEvent) {
        match event {
            NodeEvent::NodeRegistered {
                name,
                pool,
                capacity,
            } => {
                self.name = name.clone();
                self.pool.clone_from(pool);
                self.capacity = *capacity;
            }
            NodeEvent::NodeCapacityChanged { capacity } => self.capacity = *capacity,
            NodeEvent::NodeStatusChanged { status } => self.status = *status,
        }
    }
}

impl Aggregate for Node {
    const TYPE: &'static str = "node";
    /// What was seen of it.
    type Command = NodeSighting;
    type Event = NodeEvent;
    type Error = std::convert::Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        sighting: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.sight(&sighting) {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.fold(&event);
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    fn sighting(vcpus: u64, status: NodeStatus) -> NodeSighting {
        let capacity = Resources {
            vcpus,
            memory_mib: 1,
            disk_gib: 1,
        };
        NodeSighting {
            name: NodeName("n1".into()),
            pool: "p".into(),
            capacity,
            status,
        }
    }

    fn registered(vcpus: u64) -> NodeEvent {
        let NodeSighting {
            name,
            pool,
            capacity,
            ..
        } = sighting(vcpus, NodeStatus::InService);
        NodeEvent::NodeRegistered {
            name,
            pool,
            capacity,
        }
    }

    #[test]
    fn given_nothing_when_a_lost_node_is_sighted_then_it_is_registered_and_lost() {
        TestFramework::<Node>::with(())
            .given_no_previous_events()
            .when(sighting(4, NodeStatus::Lost))
            .then_expect_events(vec![
                registered(4),
                NodeEvent::NodeStatusChanged {
                    status: NodeStatus::Lost,
                },
            ]);
    }

    #[test]
    fn given_a_node_when_it_is_sighted_unchanged_then_nothing_happens() {
        TestFramework::<Node>::with(())
            .given(vec![registered(4)])
            .when(sighting(4, NodeStatus::InService))
            .then_expect_events(vec![]);
    }
}
