//! The Site aggregate: the policies this site adopted, one after the other.
//!
//! Its stream is what lets an auditor decide again: every answer names the policy version it was
//! decided under.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// The id of the one stream there is.
pub const SITE_ID: &str = "site";

/// The site and the policy in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// What decisions are made under.
    pub policy: Policy,
}

/// A fact about the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SiteEvent {
    /// From now on decisions are made under this policy.
    PolicyAdopted {
        /// All of it.
        policy: Policy,
    },
}

impl DomainEvent for SiteEvent {
    fn event_type(&self) -> String {
        match self {
            Self::PolicyAdopted { .. } => "PolicyAdopted",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Site {
    /// Adopts `policy` under the next version, unless it is the one in force.
    #[must_use]
    pub fn adopt(&self, policy: Policy) -> Vec<SiteEvent> {
        let in_force = &self.policy;
        if in_force.version > 0
            && *in_force
                == (Policy {
                    version: in_force.version,
                    ..policy.clone()
                })
        {
            return Vec::new();
        }
        let version = in_force.version.saturating_add(1);
        vec![SiteEvent::PolicyAdopted {
            policy: Policy { version, ..policy },
        }]
    }

    /// Folds one event.
    pub fn fold(&mut self, event: &SiteEvent) {
        match event {
            SiteEvent::PolicyAdopted { policy } => self.policy = policy.clone(),
        }
    }
}

impl Aggregate for Site {
    const TYPE: &'static str = "site";
    /// The policy to adopt.
    type Command = Policy;
    type Event = SiteEvent;
    type Error = std::convert::Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        policy: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.adopt(policy) {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.fold(&event);
    }
}
