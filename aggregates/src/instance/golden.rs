//! The whole of (wanted, work, command), as the code decides it: into README.

use super::tests::{failure, ok, request, seen, window};
use super::*;
use crate::golden::{check_section, table};
use crate::samples::minute;

fn instance(wanted: Wanted, work: Work, observed: PowerState) -> Instance {
    Instance {
        window: window(),
        wanted,
        observed: seen(observed),
        effect_id: 1,
        work,
        ..Instance::default()
    }
}

/// Every wanted state with every kind of work for it, and what was seen last.
fn rows() -> Vec<(String, Instance)> {
    let mut rows = vec![("none".to_owned(), Instance::default())];
    for (wanted, effect, settled, before) in [
        (
            Wanted::Running,
            Effect::Start,
            PowerState::Running,
            PowerState::Unknown,
        ),
        (
            Wanted::Halted,
            Effect::Stop,
            PowerState::Halted,
            PowerState::Running,
        ),
        (
            Wanted::Gone,
            Effect::Remove,
            PowerState::Unknown,
            PowerState::Running,
        ),
    ] {
        let code = || "CODE".to_owned();
        let (attempts, retry_at) = (1, minute(0));
        let works = [
            Work::InFlight { effect, attempt: 1 },
            Work::BackingOff {
                effect,
                attempts,
                retry_at,
                code: code(),
            },
            Work::Stuck {
                effect,
                attempts: ATTEMPTS_MAX,
                code: code(),
            },
        ];
        let idle = Instance {
            removed: wanted == Wanted::Gone,
            ..instance(wanted, Work::Idle, settled)
        };
        rows.push((format!("{wanted:?}, idle"), idle));
        for work in works {
            let name = match work {
                Work::Idle => "idle",
                Work::InFlight { .. } => "in flight",
                Work::BackingOff { .. } => "backing off",
                Work::Stuck { .. } => "stuck",
            };
            rows.push((
                format!("{wanted:?}, {name}"),
                instance(wanted, work, before),
            ));
        }
    }
    rows
}

fn commands(effect: Option<Effect>) -> [(&'static str, InstanceCommand); 11] {
    let done = match effect {
        Some(Effect::Start | Effect::Reboot) | None => PowerState::Running,
        Some(Effect::Stop) => PowerState::Halted,
        Some(Effect::Remove) => PowerState::Unknown,
    };
    let cause = RemovalCause::User;
    [
        ("request", request()),
        ("start", InstanceCommand::StartInstance),
        ("stop", InstanceCommand::StopInstance),
        ("reboot", InstanceCommand::RebootInstance),
        ("remove", InstanceCommand::RemoveInstance(cause)),
        ("try succeeded", ok(1, done)),
        ("try failed", failure(1, 1)),
        ("retry due", InstanceCommand::RetryEffect),
        ("revive", InstanceCommand::ReviveEffect),
        (
            "reschedule",
            InstanceCommand::Reschedule(crate::samples::terms(1, 60, 90).window),
        ),
        (
            "seen paused",
            InstanceCommand::RecordObservation(seen(PowerState::Paused)),
        ),
    ]
}

fn cell(instance: &Instance, command: InstanceCommand) -> String {
    match instance.decide(command, minute(1)) {
        Err(_) => "–".to_owned(),
        Ok(events) if events.is_empty() => "=".to_owned(),
        Ok(events) => {
            let said: Vec<String> = events.iter().map(short).collect();
            said.join(", ")
        }
    }
}

fn short(event: &InstanceEvent) -> String {
    match event {
        InstanceEvent::InstanceRequested { .. } => "requested".to_owned(),
        InstanceEvent::InstanceRescheduled { .. } => "rescheduled".to_owned(),
        InstanceEvent::StartRequested
        | InstanceEvent::StopRequested
        | InstanceEvent::RebootRequested
        | InstanceEvent::RemovalRequested { .. } => "wish".to_owned(),
        InstanceEvent::EffectIntended { effect, .. } => format!("intend {effect:?}"),
        InstanceEvent::EffectSucceeded { .. } => "succeeded".to_owned(),
        InstanceEvent::EffectFailed { .. } => "failed".to_owned(),
        InstanceEvent::EffectStuck { .. } => "stuck".to_owned(),
        InstanceEvent::PowerStateObserved { .. } => "observed".to_owned(),
        InstanceEvent::InstanceRemoved => "removed".to_owned(),
    }
}

#[test]
fn given_every_wanted_state_and_work_when_every_command_comes_then_the_golden_table_says_what() {
    let mut header = vec!["wanted, work"];
    header.extend(commands(None).map(|(name, _)| name));
    let mut lines = Vec::new();
    for (name, instance) in rows() {
        let effect = instance.in_flight().map(|(effect, _)| effect);
        let mut line = vec![format!("**{name}**")];
        let none = instance == Instance::default();
        for (command_name, command) in commands(effect) {
            // The live state asks nothing else of an instance that is not there.
            let asked = !none || command_name == "request";
            line.push(if asked {
                cell(&instance, command)
            } else {
                "(none)".to_owned()
            });
        }
        lines.push(line);
    }
    check_section("instance table", &table(&header, &lines));
}
