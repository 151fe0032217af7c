//! Each effect cut off at each of its calls, in each way, then tried again by another process.
//!
//! For every effect and every way a call can go wrong, the k-th call goes wrong, for every k until
//! an attempt gets by without reaching its k-th call. What was half done is taken up by a new
//! dispatcher, and the pool's own journal must show one effect.

use std::time::Duration;

use openpex::dispatcher::{Dispatcher, FailureClass};
use openpex_aggregates::instance::{Effect, PowerState};

use crate::gate::{Act, Call, Gate, failure};
use crate::pool::{Pool, dispatcher_at, order};

/// A way in which one call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The request never arrives.
    LostBefore,
    /// It is done, and its reply never arrives.
    LostAfter,
    /// The process dies when it is done.
    KilledAfter,
    /// The session has expired.
    Expired,
}

const FAULTS: [Fault; 4] = [
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::KilledAfter,
    Fault::Expired,
];

/// No effect needs more calls; a loop that gets here does not end.
const MOST_CALLS: usize = 100;

fn acting(fault: Fault, call: &Call) -> Act {
    match fault {
        Fault::LostBefore => Act::LoseBefore,
        Fault::LostAfter => Act::LoseAfter,
        Fault::KilledAfter => Act::HangAfter,
        // A log-in has no session that could expire.
        Fault::Expired if call.method == "session.login_with_password" => Act::Pass,
        Fault::Expired => failure(&["SESSION_INVALID", "OpaqueRef:old"]),
    }
}

/// The pool as the effect is to find it.
async fn prepared(effect: Effect) -> Pool {
    let pool = Pool::new().await;
    if effect != Effect::Start {
        pool.dispatcher()
            .carry_out(&order(1, Effect::Start))
            .await
            .unwrap();
    }
    if effect == Effect::Remove {
        let vm = pool.only_vm(&order(1, effect).spec).await;
        pool.call("VM.snapshot", &[&vm, "kept"]).await;
    }
    pool
}

/// Whether the attempt came to its `k`-th call.
async fn interrupt(effect: Effect, fault: Fault, k: usize) -> bool {
    let pool = prepared(effect).await;
    let before = pool.journal().await.len();
    let order = order(1, effect);
    let gate = Gate::before(&pool.url, move |call| {
        if call.number == k {
            acting(fault, call)
        } else {
            Act::Pass
        }
    })
    .await;
    let xen = dispatcher_at(&gate.url, Duration::from_secs(5));
    tokio::select! {
        outcome = xen.carry_out(&order) => match outcome {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.class, FailureClass::Transient, "{error}");
                assert_ne!(fault, Fault::Expired, "an expired session is renewed: {error}");
            }
        },
        () = gate.hung(1) => {}
    }
    drop(xen);
    let at = format!("{effect:?}, {fault:?} at call {k}");
    let seen = pool.dispatcher().carry_out(&order).await;
    let seen = seen.unwrap_or_else(|error| panic!("{at}: {error}"));
    let done: Vec<_> = pool.journal().await.split_off(before);
    let times = |operations: &[&str]| {
        let ok = |entry: &&crate::pool::Entry| entry.outcome == "ok";
        done.iter()
            .filter(ok)
            .filter(|e| operations.contains(&e.operation.as_str()))
            .count()
    };
    match effect {
        Effect::Start => {
            assert_eq!(seen.power_state, PowerState::Running, "{at}");
            assert_eq!(times(&["VM.clone"]), 1, "{at}: {done:#?}");
            assert_eq!(times(&["VM.start_on", "VM.start"]), 1, "{at}: {done:#?}");
            pool.only_vm(&order.spec).await;
        }
        Effect::Stop => {
            assert_eq!(seen.power_state, PowerState::Halted, "{at}");
            assert_eq!(
                times(&["VM.clean_shutdown", "VM.hard_shutdown"]),
                1,
                "{at}: {done:#?}"
            );
            pool.only_vm(&order.spec).await;
        }
        Effect::Reboot => {
            assert_eq!(seen.power_state, PowerState::Running, "{at}");
            assert_eq!(
                times(&["VM.clean_reboot", "VM.hard_reboot"]),
                1,
                "{at}: {done:#?}"
            );
            assert_eq!(times(&["VM.start_on"]), 0, "{at}: {done:#?}");
        }
        Effect::Remove => {
            assert_eq!(seen.power_state, PowerState::Unknown, "{at}");
            assert_eq!(
                times(&["VM.destroy"]),
                2,
                "the VM and its snapshot; {at}: {done:#?}"
            );
            assert_eq!(pool.leftovers(&order.spec).await, (0, 0), "{at}");
            assert_eq!(pool.disks().await, Pool::new().await.disks().await, "{at}");
        }
    }
    gate.calls().len() > k
}

async fn interrupt_everywhere(effect: Effect, at_least: usize) {
    for fault in FAULTS {
        let mut k = 0;
        while interrupt(effect, fault, k).await {
            k += 1;
            assert!(k < MOST_CALLS, "{effect:?} never ends");
        }
        assert!(
            k >= at_least,
            "{effect:?} with {fault:?} made only {k} calls"
        );
    }
}

#[tokio::test]
async fn a_start_cut_off_anywhere_makes_one_vm_and_starts_it_once() {
    interrupt_everywhere(Effect::Start, 12).await;
}

#[tokio::test]
async fn a_stop_cut_off_anywhere_halts_once() {
    interrupt_everywhere(Effect::Stop, 4).await;
}

#[tokio::test]
async fn a_reboot_cut_off_anywhere_reboots_once() {
    interrupt_everywhere(Effect::Reboot, 5).await;
}

#[tokio::test]
async fn a_removal_cut_off_anywhere_leaves_neither_vm_nor_disk() {
    interrupt_everywhere(Effect::Remove, 10).await;
}
