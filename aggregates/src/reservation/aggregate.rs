//! The adapter to cqrs-es: the same decision and fold behind its `Aggregate` trait.

use std::sync::Arc;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::{
    Provider, Refusal, Reservation, ReservationCommand, ReservationContext, ReservationEvent,
};
use crate::Timestamp;

/// What comes in with a command when a reservation is run by cqrs-es: a provider and the time.
pub struct ReservationServices {
    /// What the pool can give.
    pub provider: Arc<dyn Provider + Send + Sync>,
    /// When the command is decided.
    pub now: Timestamp,
}

impl Aggregate for Reservation {
    const TYPE: &'static str = "reservation";
    type Command = ReservationCommand;
    type Event = ReservationEvent;
    type Error = Refusal;
    type Services = ReservationServices;

    async fn handle(
        &mut self,
        command: Self::Command,
        services: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let decided = {
            let context = ReservationContext {
                provider: &*services.provider,
                now: services.now,
            };
            self.decide(command, &context)?
        };
        for event in decided {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.fold(&event);
    }
}
