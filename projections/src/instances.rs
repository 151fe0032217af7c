//! The view of instances: every virtual machine there ever was, as wanted and as observed.

use openpex_aggregates::instance::{Instance, PowerState, Wanted, Work};
use openpex_aggregates::{InstanceId, NodeName, ReservationId, Timestamp, UserId};

use crate::error::ViewsError;
use crate::list::{Also, Listed, Listing, Page, duration_class};
use crate::source::SourceError;
use crate::store::Value;
use crate::table::{Table, View, find};
use crate::views::Views;

/// An instance as of the checkpoint.
pub type InstanceView = View<InstanceId, Instance>;

/// Every power state.
const POWER_STATES: [PowerState; 5] = [
    PowerState::Halted,
    PowerState::Running,
    PowerState::Paused,
    PowerState::Suspended,
    PowerState::Unknown,
];

/// Which instances; what is not set does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceFilter {
    /// Whose.
    pub user_id: Option<UserId>,
    /// Seen in any of these states; in whichever where there are none.
    pub power_state: Vec<PowerState>,
    /// Whose window does not end at or before this.
    pub from: Option<Timestamp>,
    /// Whose window starts before this.
    pub to: Option<Timestamp>,
    /// Of this template.
    pub template: Option<String>,
    /// Also those whose VM is gone.
    pub include_removed: bool,
    /// Of this reservation.
    pub reservation_id: Option<ReservationId>,
    /// On this node.
    pub node: Option<NodeName>,
    /// Only those for which something could not be done, and an operator has to look.
    pub stuck: bool,
}

/// Queries of the instances; from [`Views::instances`].
pub struct Instances<'a>(pub(crate) &'a Views);

const fn wanted_name(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Running => "running",
        Wanted::Halted => "halted",
        Wanted::Gone => "gone",
    }
}

const fn power_state_name(power_state: PowerState) -> &'static str {
    match power_state {
        PowerState::Halted => "HALTED",
        PowerState::Running => "RUNNING",
        PowerState::Paused => "PAUSED",
        PowerState::Suspended => "SUSPENDED",
        PowerState::Unknown => "UNKNOWN",
    }
}

const fn work_name(work: &Work) -> &'static str {
    match work {
        Work::Idle => "idle",
        Work::InFlight { .. } => "in_flight",
        Work::BackingOff { .. } => "backing_off",
        Work::Stuck { .. } => "stuck",
    }
}

impl Table for Instance {
    type Id = InstanceId;
    const NAME: &'static str = "instances";
    const KEY: &'static str = "instance_id";
    const COLUMNS: &'static [&'static str] = &[
        "reservation_id",
        "user_id",
        "name",
        "node",
        "template",
        "instance_type",
        "wanted",
        "power_state",
        "work",
        "ip_address",
        "removed",
        "starts_at",
        "ends_at",
        "duration_class",
    ];

    fn columns(&self) -> Vec<Value> {
        vec![
            self.spec.reservation_id.to_string().into(),
            self.user_id.0.into(),
            self.spec.name.as_str().into(),
            self.spec.node.0.as_str().into(),
            self.spec.template.as_str().into(),
            self.instance_type.as_str().into(),
            wanted_name(self.wanted).into(),
            power_state_name(self.observed.power_state).into(),
            work_name(&self.work).into(),
            self.observed.ip_address.clone().into(),
            i64::from(self.removed).into(),
            self.window.starts_at.0.into(),
            self.window.ends_at.0.into(),
            duration_class(self.window.duration_ms()).into(),
        ]
    }

    fn read_id(text: &str) -> Result<Self::Id, SourceError> {
        Ok(text.parse()?)
    }
}

impl Instances<'_> {
    /// One instance, also when its VM is gone.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn find(&self, id: InstanceId) -> Result<Option<InstanceView>, ViewsError> {
        find(self.0, &id).await
    }

    /// A page of those that pass the filter, newest first.
    ///
    /// # Errors
    /// [`ViewsError::LimitOutOfRange`], [`ViewsError::NotReady`], or the store's.
    pub async fn list(
        &self,
        filter: &InstanceFilter,
        page: Page,
    ) -> Result<Listed<InstanceView>, ViewsError> {
        filter.listing().read(self.0, page).await
    }
}

impl InstanceFilter {
    fn listing(&self) -> Listing {
        let power_states: Vec<PowerState> = POWER_STATES
            .into_iter()
            .filter(|state| self.power_state.is_empty() || self.power_state.contains(state))
            .collect();
        let removed = if self.include_removed {
            &[0_i64, 1][..]
        } else {
            &[0]
        };
        let mut branches = Vec::new();
        for removed in removed {
            for state in &power_states {
                let of_user = self.user_id.map(|id| ("user_id", Value::from(id.0)));
                let seen = [
                    ("removed", Value::from(*removed)),
                    ("power_state", power_state_name(*state).into()),
                ];
                branches.push(of_user.into_iter().chain(seen).collect());
            }
        }
        let equal = |column, value| Also::Equal((column, value));
        let of_reservation = self.reservation_id.map(|id| id.to_string().into());
        let on_node = self.node.as_ref().map(|node| node.0.as_str().into());
        let of_template = self.template.as_deref().map(Value::from);
        let also = [
            of_reservation.map(|id| equal("reservation_id", id)),
            self.stuck.then_some(Also::Literal("work = 'stuck'")),
            on_node.map(|node| equal("node", node)),
            of_template.map(|name| equal("template", name)),
        ];
        Listing {
            branches,
            also: also.into_iter().flatten().collect(),
            among: None,
            from: self.from,
            to: self.to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_columns_are_those_of_the_state() {
        for power_state in POWER_STATES {
            let name = serde_json::to_value(power_state).unwrap();
            assert_eq!(name, power_state_name(power_state));
        }
        for wanted in [Wanted::Running, Wanted::Halted, Wanted::Gone] {
            assert_eq!(serde_json::to_value(wanted).unwrap(), wanted_name(wanted));
        }
        assert_eq!(
            serde_json::to_value(Work::Idle).unwrap(),
            work_name(&Work::Idle)
        );
    }
}
