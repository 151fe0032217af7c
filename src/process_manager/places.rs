//! How many effects are carried out at once: on a node, and on all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use openpex_aggregates::NodeName;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most effects that are carried out at once; the others wait.
const EFFECTS_AT_ONCE: usize = 32;

/// Most of them that are for instances of one node: a host that starts many guests at once starts
/// each of them slowly.
const EFFECTS_A_NODE: usize = 4;

/// Places to work in; clones share them.
#[derive(Clone)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    /// One entry for each node that ever had an effect: as many as the site has nodes.
    nodes: Arc<Mutex<HashMap<NodeName, Arc<Semaphore>>>>,
}

/// A place, free again when dropped.
pub(super) struct Place {
    _on_node: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(EFFECTS_AT_ONCE)),
            nodes: Arc::default(),
        }
    }

    /// Waits for a place to work on `node`. Who waits for a busy node holds up no other node.
    pub(super) async fn take(&self, node: &NodeName) -> Place {
        let on_node = {
            let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            let places = || Arc::new(Semaphore::new(EFFECTS_A_NODE));
            Arc::clone(nodes.entry(node.clone()).or_insert_with(places))
        };
        let closed = "invariant: the semaphores are never closed";
        Place {
            _on_node: on_node.acquire_owned().await.expect(closed),
            _of_all: Arc::clone(&self.all).acquire_owned().await.expect(closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn at_once(taking: impl Future<Output = Place>) -> Option<Place> {
        match pin!(taking).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => Some(place),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_busy_node_waits_and_holds_up_no_other() {
        let places = Places::new();
        let (busy, other) = (NodeName("a".to_owned()), NodeName("b".to_owned()));
        let mut taken: Vec<_> = (0..EFFECTS_A_NODE)
            .map(|_| at_once(places.take(&busy)).unwrap())
            .collect();
        assert!(at_once(places.take(&busy)).is_none());
        assert!(at_once(places.take(&other)).is_some());
        taken.pop();
        assert!(at_once(places.take(&busy)).is_some());
    }

    #[test]
    fn all_nodes_together_have_a_limit_too() {
        let places = Places::new();
        let node = |number: usize| NodeName(number.to_string());
        let mut taken: Vec<_> = (0..EFFECTS_AT_ONCE)
            .map(|number| at_once(places.take(&node(number))).unwrap())
            .collect();
        let one_more = node(EFFECTS_AT_ONCE);
        assert!(at_once(places.take(&one_more)).is_none());
        taken.pop();
        assert!(at_once(places.take(&one_more)).is_some());
    }
}
