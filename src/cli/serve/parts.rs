//! What the REST API asks of the running service.

use std::sync::Arc;

use async_trait::async_trait;
use openpex_aggregates::Timestamp;
use openpex_projections::Views;

use crate::clock::{Clock, TestClock};
use crate::http::{ClockControl, ClockError, CommandGate, Readiness, ReadinessCheck};
use crate::monitors::Monitors;
use crate::process_manager::settle;
use crate::writer::{Committed, WriteError, WriteRequest, WriterHandle};

#[async_trait]
impl CommandGate for WriterHandle {
    async fn submit(&self, request: WriteRequest) -> Result<Committed, WriteError> {
        Self::submit(self, request).await
    }
}

/// Moves the test clock; one move at a time.
pub struct TestClockControl {
    writer: WriterHandle,
    clock: Arc<dyn Clock>,
    test_clock: TestClock,
    monitors: Monitors,
    turn: tokio::sync::Mutex<()>,
}

impl TestClockControl {
    /// Over the parts that have to be done with an instant before the next one comes.
    pub fn shared(
        writer: &WriterHandle,
        clock: &Arc<dyn Clock>,
        test_clock: TestClock,
        monitors: &Monitors,
    ) -> Arc<dyn ClockControl> {
        Arc::new(Self {
            writer: writer.clone(),
            clock: clock.clone(),
            test_clock,
            monitors: monitors.clone(),
            turn: tokio::sync::Mutex::default(),
        })
    }
}

#[async_trait]
impl ClockControl for TestClockControl {
    async fn move_to(&self, at: Timestamp) -> Result<(), ClockError> {
        let _turn = self.turn.lock().await;
        settle(&self.writer, &self.clock, &self.test_clock, at)
            .await
            .map_err(|error| ClockError::NotSettled(error.to_string()))?;
        // What guests report by themselves, such as their addresses, is seen before the answer.
        if let Err(error) = self.monitors.look_at_instances().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the vm monitor saw nothing"
            );
        }
        Ok(())
    }
}

/// Whether the service can do its work.
pub struct ServiceReadiness {
    writer: WriterHandle,
    views: Views,
}

impl ServiceReadiness {
    /// Looks at these parts.
    pub const fn new(writer: WriterHandle, views: Views) -> Self {
        Self { writer, views }
    }
}

#[async_trait]
impl Readiness for ServiceReadiness {
    async fn checks(&self) -> Vec<ReadinessCheck> {
        let nodes = self.writer.inspect(|live| live.nodes().count()).await;
        let writer_fault = nodes.as_ref().err().map(ToString::to_string);
        let no_nodes =
            matches!(nodes, Ok(0)).then(|| "no node of the pool was seen yet".to_owned());
        let views_fault = self
            .views
            .reached()
            .is_none()
            .then(|| "the views are not level yet".to_owned());
        vec![
            ReadinessCheck {
                name: "writer",
                fault: writer_fault,
            },
            ReadinessCheck {
                name: "views",
                fault: views_fault,
            },
            ReadinessCheck {
                name: "pool",
                fault: no_nodes,
            },
        ]
    }
}
