//! The adapter to cqrs-es: the same decision and fold behind its `Aggregate` trait.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;

use super::{Instance, InstanceCommand, InstanceEvent, InstanceRefusal};
use crate::Timestamp;

impl Aggregate for Instance {
    const TYPE: &'static str = "instance";
    type Command = InstanceCommand;
    type Event = InstanceEvent;
    type Error = InstanceRefusal;
    /// When the command is decided.
    type Services = Timestamp;

    async fn handle(
        &mut self,
        command: Self::Command,
        now: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.decide(command, *now)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.fold(&event);
    }
}
