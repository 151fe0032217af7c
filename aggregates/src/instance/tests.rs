//! Given / when / then: what is wanted, what is tried, and that no try is lost or doubled.

use cqrs_es::test::TestFramework;

use super::*;
use crate::samples::{T0, minute, node, size};

fn at(minutes: i64) -> TestFramework<Instance> {
    TestFramework::with(minute(minutes))
}

fn spec() -> InstanceSpec {
    InstanceSpec {
        name: "pex-1".into(),
        template: "T".into(),
        size: size(),
        node: node("n1"),
        ..InstanceSpec::default()
    }
}

pub(super) fn window() -> TimeWindow {
    TimeWindow {
        starts_at: minute(0),
        ends_at: minute(60),
    }
}

pub(super) fn request() -> InstanceCommand {
    InstanceCommand::RequestInstance {
        spec: Box::new(spec()),
        instance_type: "ONE".into(),
        user_id: UserId(7),
        window: window(),
    }
}

fn requested() -> InstanceEvent {
    InstanceEvent::InstanceRequested {
        spec: spec(),
        instance_type: "ONE".into(),
        user_id: UserId(7),
        window: window(),
    }
}

fn intended(effect_id: u64, effect: Effect, attempt: u32) -> InstanceEvent {
    InstanceEvent::EffectIntended {
        effect_id,
        effect,
        attempt,
    }
}

pub(super) fn seen(power_state: PowerState) -> Observation {
    Observation {
        power_state,
        ip_address: None,
    }
}

fn succeeded(effect_id: u64, effect: Effect, power_state: PowerState) -> InstanceEvent {
    InstanceEvent::EffectSucceeded {
        effect_id,
        effect,
        attempt: 1,
        observation: seen(power_state),
    }
}

fn failed(effect_id: u64, effect: Effect, attempt: u32, retry_at: Timestamp) -> InstanceEvent {
    InstanceEvent::EffectFailed {
        effect_id,
        effect,
        attempt,
        code: "HOST_OFFLINE".into(),
        message: "n1".into(),
        retry_at,
    }
}

fn stuck(effect_id: u64, effect: Effect) -> InstanceEvent {
    InstanceEvent::EffectStuck {
        effect_id,
        effect,
        attempts: ATTEMPTS_MAX,
        code: "HOST_OFFLINE".into(),
        message: "n1".into(),
    }
}

fn outcome(
    effect_id: u64,
    attempt: u32,
    result: Result<Observation, FailedAttempt>,
) -> InstanceCommand {
    InstanceCommand::RecordOutcome(EffectOutcome {
        effect_id,
        attempt,
        result,
    })
}

pub(super) fn ok(effect_id: u64, power_state: PowerState) -> InstanceCommand {
    outcome(effect_id, 1, Ok(seen(power_state)))
}

pub(super) fn failure(effect_id: u64, attempt: u32) -> InstanceCommand {
    let failed = FailedAttempt {
        code: "HOST_OFFLINE".into(),
        message: "n1".into(),
    };
    outcome(effect_id, attempt, Err(failed))
}

fn starting() -> Vec<InstanceEvent> {
    vec![requested(), intended(1, Effect::Start, 1)]
}

fn and<const N: usize>(
    mut before: Vec<InstanceEvent>,
    more: [InstanceEvent; N],
) -> Vec<InstanceEvent> {
    before.extend(more);
    before
}

fn running() -> Vec<InstanceEvent> {
    and(
        starting(),
        [succeeded(1, Effect::Start, PowerState::Running)],
    )
}

fn backing_off() -> Vec<InstanceEvent> {
    and(starting(), [failed(1, Effect::Start, 1, minute(1))])
}

#[test]
fn given_nothing_when_requested_then_the_intent_to_start_is_recorded_before_the_start() {
    at(0)
        .given_no_previous_events()
        .when(request())
        .then_expect_events(starting());
}

#[test]
fn given_an_instance_when_requested_again_then_nothing_is_appended() {
    for history in [starting(), running()] {
        at(0)
            .given(history)
            .when(request())
            .then_expect_events(vec![]);
    }
}

#[test]
fn given_an_intent_when_its_try_succeeds_then_nothing_more_is_missing() {
    at(0)
        .given(starting())
        .when(ok(1, PowerState::Running))
        .then_expect_events(vec![succeeded(1, Effect::Start, PowerState::Running)]);
}

#[test]
fn given_an_intent_when_a_try_of_another_one_is_reported_then_nothing_is_appended() {
    for late in [
        ok(0, PowerState::Running),
        ok(2, PowerState::Running),
        failure(1, 2),
    ] {
        at(0)
            .given(starting())
            .when(late)
            .then_expect_events(vec![]);
    }
    // The same outcome twice.
    at(0)
        .given(running())
        .when(ok(1, PowerState::Running))
        .then_expect_events(vec![]);
    at(0)
        .given(backing_off())
        .when(ok(1, PowerState::Running))
        .then_expect_events(vec![]);
}

#[test]
fn given_an_intent_when_its_try_fails_then_it_backs_off_and_is_tried_again_when_due() {
    let retry_at = T0.saturating_add(500);
    at(0)
        .given(starting())
        .when(failure(1, 1))
        .then_expect_events(vec![failed(1, Effect::Start, 1, retry_at)]);
    at(0)
        .given(backing_off())
        .when(InstanceCommand::RetryEffect)
        .then_expect_events(vec![]);
    at(1)
        .given(backing_off())
        .when(InstanceCommand::RetryEffect)
        .then_expect_events(vec![intended(1, Effect::Start, 2)]);
}

#[test]
fn given_tries_that_all_fail_when_the_last_one_does_then_it_is_stuck_and_stays_so() {
    let mut instance = Instance::default();
    starting().iter().for_each(|event| instance.fold(event));
    let mut tries = Vec::new();
    for attempt in 1..=ATTEMPTS_MAX {
        let failed_at = 1_000 * i64::from(attempt);
        // By the time of the retry any back-off is over.
        for (command, minutes) in [
            (failure(1, attempt), failed_at),
            (InstanceCommand::RetryEffect, failed_at + 500),
        ] {
            for event in instance.decide(command, minute(minutes)).unwrap() {
                instance.fold(&event);
                tries.push(event);
            }
        }
    }
    assert_eq!(tries.last(), Some(&stuck(1, Effect::Start)));
    assert!(matches!(instance.work, Work::Stuck { attempts: 10, .. }));
    let failures = tries
        .iter()
        .filter(|e| matches!(e, InstanceEvent::EffectFailed { .. }));
    assert_eq!(failures.count(), 9);
}

#[test]
fn given_a_stuck_one_when_revived_then_it_is_a_new_intent_and_late_replies_do_not_count() {
    let history = || and(starting(), [stuck(1, Effect::Start)]);
    let again = intended(2, Effect::Start, 1);
    at(9)
        .given(history())
        .when(InstanceCommand::ReviveEffect)
        .then_expect_events(vec![again.clone()]);
    // The reply of the very first try, which had been given up.
    at(9)
        .given(and(history(), [again]))
        .when(failure(1, 1))
        .then_expect_events(vec![]);
    at(9)
        .given(running())
        .when(InstanceCommand::ReviveEffect)
        .then_expect_events(vec![]);
}

#[test]
fn given_a_try_said_to_be_done_when_the_opposite_was_seen_then_it_failed_and_backs_off() {
    // Otherwise it would be tried again at once, for ever.
    let halted = at(0)
        .given(starting())
        .when(ok(1, PowerState::Halted))
        .inspect_result()
        .unwrap();
    let [InstanceEvent::EffectFailed { code, message, .. }] = halted.as_slice() else {
        panic!("{halted:?}");
    };
    assert_eq!(code, NOT_SEEN_DONE);
    assert_eq!(message, "after Start the instance was seen Halted");
}

#[test]
fn given_a_running_one_when_stopped_started_and_rebooted_then_one_effect_follows_the_other() {
    let stopping = || {
        and(
            running(),
            [InstanceEvent::StopRequested, intended(2, Effect::Stop, 1)],
        )
    };
    at(1)
        .given(running())
        .when(InstanceCommand::StopInstance)
        .then_expect_events(stopping()[3..].to_vec());
    at(1)
        .given(stopping())
        .when(InstanceCommand::StopInstance)
        .then_expect_events(vec![]);
    // Started again while it is being stopped: only one effect at a time.
    let wish = InstanceEvent::StartRequested;
    at(1)
        .given(stopping())
        .when(InstanceCommand::StartInstance)
        .then_expect_events(vec![wish.clone()]);
    at(1)
        .given(and(stopping(), [wish]))
        .when(ok(2, PowerState::Halted))
        .then_expect_events(vec![
            succeeded(2, Effect::Stop, PowerState::Halted),
            intended(3, Effect::Start, 1),
        ]);
    at(1)
        .given(running())
        .when(InstanceCommand::RebootInstance)
        .then_expect_events(vec![
            InstanceEvent::RebootRequested,
            intended(2, Effect::Reboot, 1),
        ]);
}

#[test]
fn given_a_halted_one_when_rebooted_then_it_is_refused() {
    let halted = [
        InstanceEvent::StopRequested,
        intended(2, Effect::Stop, 1),
        succeeded(2, Effect::Stop, PowerState::Halted),
    ];
    at(1)
        .given(and(running(), halted))
        .when(InstanceCommand::RebootInstance)
        .then_expect_error(InstanceRefusal::NotRunning);
}

#[test]
fn given_a_start_that_backs_off_when_stopped_then_it_is_not_started_any_more() {
    // The failed try may have had its effect, so "not seen" is not "not there": ensure the stop.
    at(0)
        .given(backing_off())
        .when(InstanceCommand::StopInstance)
        .then_expect_events(vec![
            InstanceEvent::StopRequested,
            intended(2, Effect::Stop, 1),
        ]);
    at(0)
        .given(and(starting(), [stuck(1, Effect::Start)]))
        .when(InstanceCommand::StopInstance)
        .then_expect_events(vec![
            InstanceEvent::StopRequested,
            intended(2, Effect::Stop, 1),
        ]);
}

#[test]
fn given_a_stop_that_backs_off_when_started_then_it_is_not_stopped_any_more() {
    let stop_failed = [
        InstanceEvent::StopRequested,
        intended(2, Effect::Stop, 1),
        failed(2, Effect::Stop, 1, minute(1)),
    ];
    at(0)
        .given(and(running(), stop_failed))
        .when(InstanceCommand::StartInstance)
        .then_expect_events(vec![
            InstanceEvent::StartRequested,
            intended(3, Effect::Start, 1),
        ]);
}

#[test]
fn given_a_start_in_flight_when_stopped_and_it_fails_then_the_stop_comes_next() {
    let retry_at = T0.saturating_add(500);
    at(0)
        .given(and(starting(), [InstanceEvent::StopRequested]))
        .when(failure(1, 1))
        .then_expect_events(vec![
            failed(1, Effect::Start, 1, retry_at),
            intended(2, Effect::Stop, 1),
        ]);
}

#[test]
fn given_an_instance_when_removed_then_it_goes_once_whatever_it_was_doing() {
    let cause = RemovalCause::Expired;
    let removal = InstanceEvent::RemovalRequested { cause };
    let remove = InstanceCommand::RemoveInstance(cause);
    at(60)
        .given(running())
        .when(remove.clone())
        .then_expect_events(vec![removal.clone(), intended(2, Effect::Remove, 1)]);
    at(60)
        .given(starting())
        .when(remove.clone())
        .then_expect_events(vec![removal.clone()]);
    at(60)
        .given(backing_off())
        .when(remove.clone())
        .then_expect_events(vec![removal.clone(), intended(2, Effect::Remove, 1)]);
    let going = and(running(), [removal, intended(2, Effect::Remove, 1)]);
    at(60)
        .given(going.clone())
        .when(remove)
        .then_expect_events(vec![]);
    for command in [
        InstanceCommand::StartInstance,
        InstanceCommand::StopInstance,
        InstanceCommand::RebootInstance,
    ] {
        at(60)
            .given(going.clone())
            .when(command)
            .then_expect_error(InstanceRefusal::BeingRemoved);
    }
    at(60)
        .given(going)
        .when(ok(2, PowerState::Unknown))
        .then_expect_events(vec![
            succeeded(2, Effect::Remove, PowerState::Unknown),
            InstanceEvent::InstanceRemoved,
        ]);
}

#[test]
fn given_a_running_one_when_a_monitor_sees_it_halted_then_it_is_started_again() {
    let observe = |state| InstanceCommand::RecordObservation(seen(state));
    at(5)
        .given(running())
        .when(observe(PowerState::Halted))
        .then_expect_events(vec![
            InstanceEvent::PowerStateObserved {
                observation: seen(PowerState::Halted),
            },
            intended(2, Effect::Start, 1),
        ]);
    at(5)
        .given(running())
        .when(observe(PowerState::Running))
        .then_expect_events(vec![]);
    // While something is being done, what is seen is half done.
    at(5)
        .given(starting())
        .when(observe(PowerState::Halted))
        .then_expect_events(vec![]);
}
