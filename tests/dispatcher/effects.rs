//! What each effect does to a pool when nothing goes wrong, and when the pool is not as hoped.

use std::time::Duration;

use futures_util::future::join_all;
use openpex::dispatcher::xen::XenTimeouts;
use openpex::dispatcher::{Dispatcher, EffectOrder, FailureClass};
use openpex_aggregates::instance::{Effect, Observation, PowerState};
use openpex_aggregates::{NodeName, Resources};

use crate::gate::{Act, Call, Gate, failure, success};
use crate::pool::{Pool, TEMPLATE, dispatcher_at, dispatcher_with, label, order};

/// Carries out `order` and gives its error's code and class.
async fn refusal(xen: &impl Dispatcher, order: &EffectOrder) -> (String, FailureClass) {
    let error = xen.carry_out(order).await.unwrap_err();
    (error.code, error.class)
}

#[tokio::test]
async fn start_makes_one_tagged_and_sized_vm_on_its_node() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    let order = order(1, Effect::Start);
    let seen = xen.carry_out(&order).await.unwrap();
    assert_eq!(seen.power_state, PowerState::Running);
    let vm = pool.only_vm(&order.spec).await;
    assert_eq!(pool.get(&vm, "VCPUs_max").await, "4");
    assert_eq!(pool.get(&vm, "VCPUs_at_startup").await, "4");
    let bytes = (3_u64 << 30).to_string();
    for field in [
        "memory_static_max",
        "memory_dynamic_max",
        "memory_dynamic_min",
    ] {
        assert_eq!(pool.get(&vm, field).await, bytes, "{field}");
    }
    assert_eq!(pool.get(&vm, "is_a_template").await, "<boolean>0</boolean>");
    let tags = pool.get(&vm, "other_config").await;
    for tag in [
        format!(
            "<name>openpex:instance</name><value>{}</value>",
            order.spec.instance_id
        ),
        format!(
            "<name>openpex:reservation</name><value>{}</value>",
            order.spec.reservation_id
        ),
    ] {
        assert!(tags.contains(&tag), "{tags}");
    }
    let disk = pool.disk_of(&vm).await;
    let size = pool.call("VDI.get_virtual_size", &[&disk]).await;
    assert_eq!(
        size,
        (12_u64 << 30).to_string(),
        "the disk has its type's size"
    );
    let started = pool.done("VM.start_on").await;
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].host.as_deref(), Some(order.spec.node.0.as_str()));
}

#[tokio::test]
async fn every_effect_done_twice_is_done_once() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    for effect in [
        Effect::Start,
        Effect::Reboot,
        Effect::Stop,
        Effect::Start,
        Effect::Remove,
    ] {
        let order = order(1, effect);
        let first = xen.carry_out(&order).await.unwrap();
        let journal = pool.journal().await;
        let again = pool.dispatcher().carry_out(&order).await.unwrap();
        assert_eq!(again.power_state, first.power_state, "{effect:?}");
        assert_eq!(
            pool.journal().await,
            journal,
            "{effect:?} did something the second time"
        );
    }
    assert_eq!(
        pool.counts(&["VM.clone", "VM.start_on", "VM.destroy"])
            .await,
        [1, 2, 1]
    );
}

#[tokio::test]
async fn sizes_grow_and_shrink_in_the_order_the_pool_wants() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    for (vcpus, memory_mib) in [(8, 4096), (1, 256), (16, 1024)] {
        let mut order = order(1, Effect::Start);
        order.spec.size = Resources {
            vcpus,
            memory_mib,
            disk_gib: 8,
        };
        xen.carry_out(&order).await.unwrap();
        let vm = pool.only_vm(&order.spec).await;
        assert_eq!(pool.get(&vm, "VCPUs_at_startup").await, vcpus.to_string());
        assert_eq!(
            pool.get(&vm, "memory_static_max").await,
            (memory_mib << 20).to_string()
        );
        order.effect = Effect::Stop;
        xen.carry_out(&order).await.unwrap();
    }
}

#[tokio::test]
async fn a_paused_or_suspended_vm_runs_on_and_is_not_started_anew() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    let order = order(1, Effect::Start);
    xen.carry_out(&order).await.unwrap();
    let vm = pool.only_vm(&order.spec).await;
    for verb in ["VM.pause", "VM.suspend"] {
        pool.call(verb, &[&vm]).await;
        let seen = xen.carry_out(&order).await.unwrap();
        assert_eq!(seen.power_state, PowerState::Running, "after {verb}");
    }
    assert_eq!(
        pool.counts(&["VM.start_on", "VM.unpause", "VM.resume_on"])
            .await,
        [1, 1, 1]
    );
}

#[tokio::test]
async fn stop_and_remove_halt_a_vm_in_any_state() {
    for (number, verb) in ["VM.pause", "VM.suspend"].into_iter().enumerate() {
        let pool = Pool::new().await;
        let xen = pool.dispatcher();
        let mut order = order(number as u64, Effect::Start);
        xen.carry_out(&order).await.unwrap();
        let vm = pool.only_vm(&order.spec).await;
        for effect in [Effect::Stop, Effect::Start, Effect::Remove] {
            if effect != Effect::Start {
                pool.call(verb, &[&vm]).await;
            }
            order.effect = effect;
            let seen = xen.carry_out(&order).await.unwrap().power_state;
            let wanted = match effect {
                Effect::Stop => PowerState::Halted,
                Effect::Start | Effect::Reboot => PowerState::Running,
                Effect::Remove => PowerState::Unknown,
            };
            assert_eq!(seen, wanted, "{effect:?} after {verb}");
        }
        assert_eq!(pool.leftovers(&order.spec).await, (0, 0));
    }
}

#[tokio::test]
async fn an_instance_without_a_vm_is_stopped_and_removed_already() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    for effect in [Effect::Stop, Effect::Remove] {
        assert_eq!(
            xen.carry_out(&order(1, effect)).await,
            Ok(Observation::default())
        );
    }
    assert_eq!(pool.journal().await, []);
}

#[tokio::test]
async fn a_halted_vm_is_rebooted_by_a_start_and_a_second_intent_reboots_again() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    xen.carry_out(&order(1, Effect::Start)).await.unwrap();
    xen.carry_out(&order(1, Effect::Stop)).await.unwrap();
    let mut reboot = order(1, Effect::Reboot);
    for (effect_id, boots) in [
        (10, [2, 0]),
        (10, [2, 0]),
        (11, [2, 1]),
        (11, [2, 1]),
        (10, [2, 2]),
    ] {
        reboot.effect_id = effect_id;
        let seen = xen.carry_out(&reboot).await.unwrap();
        assert_eq!(seen.power_state, PowerState::Running);
        assert_eq!(
            pool.counts(&["VM.start_on", "VM.clean_reboot"]).await,
            boots
        );
    }
}

#[tokio::test]
async fn remove_takes_disks_and_snapshots_along() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    let mut order = order(1, Effect::Start);
    let disks = pool.disks().await;
    xen.carry_out(&order).await.unwrap();
    assert_eq!(pool.disks().await, disks + 1);
    let vm = pool.only_vm(&order.spec).await;
    // Called like its VM, as an operator may do.
    pool.call("VM.snapshot", &[&vm, &label(&order.spec)]).await;
    assert_eq!(pool.disks().await, disks + 2);
    order.effect = Effect::Remove;
    assert_eq!(xen.carry_out(&order).await, Ok(Observation::default()));
    assert_eq!(pool.leftovers(&order.spec).await, (0, 0));
    assert_eq!(pool.disks().await, disks);
}

#[tokio::test]
async fn a_late_clone_of_a_running_instance_is_removed_and_never_started() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    let order = order(1, Effect::Start);
    xen.carry_out(&order).await.unwrap();
    let running = pool.only_vm(&order.spec).await;
    let disks = pool.disks().await;
    pool.clone_template(&label(&order.spec)).await;
    assert_eq!(pool.vms_called(&label(&order.spec)).await.len(), 2);
    assert_eq!(xen.observe_instances().await.unwrap().len(), 1);
    xen.carry_out(&order).await.unwrap();
    assert_eq!(pool.only_vm(&order.spec).await, running);
    assert_eq!(pool.disks().await, disks);
    assert_eq!(pool.counts(&["VM.start_on"]).await, [1]);
}

#[tokio::test]
async fn of_several_untagged_clones_one_is_taken_and_the_rest_removed() {
    let pool = Pool::new().await;
    let order = order(1, Effect::Start);
    let disks = pool.disks().await;
    for _ in 0..3 {
        pool.clone_template(&label(&order.spec)).await;
    }
    pool.dispatcher().carry_out(&order).await.unwrap();
    pool.only_vm(&order.spec).await;
    assert_eq!(pool.disks().await, disks + 1);
    assert_eq!(pool.counts(&["VM.clone", "VM.start_on"]).await, [3, 1]);
}

#[tokio::test]
async fn of_two_vms_that_may_both_have_run_none_is_chosen_but_both_can_be_removed() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    let order_of = |effect| order(1, effect);
    let label = label(&order_of(Effect::Start).spec);
    let disks = pool.disks().await;
    for _ in 0..2 {
        let vm = pool.clone_template(&label).await;
        pool.call("VM.provision", &[&vm]).await;
    }
    for effect in [Effect::Start, Effect::Reboot] {
        let refused = refusal(&xen, &order_of(effect)).await;
        let duplicated = "INSTANCE_DUPLICATED".to_owned();
        assert_eq!(refused, (duplicated, FailureClass::OperatorNeeded));
    }
    assert_eq!(pool.counts(&["VM.start_on", "VM.destroy"]).await, [0, 0]);
    let stopped = xen.carry_out(&order_of(Effect::Stop)).await.unwrap();
    assert_eq!(stopped.power_state, PowerState::Halted);
    xen.carry_out(&order_of(Effect::Remove)).await.unwrap();
    assert_eq!(pool.vms_called(&label).await.len(), 0);
    assert_eq!(pool.disks().await, disks);
}

#[tokio::test]
async fn a_disk_that_another_vm_uses_too_outlives_its_instance() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    xen.carry_out(&order(1, Effect::Start)).await.unwrap();
    xen.carry_out(&order(1, Effect::Stop)).await.unwrap();
    let disk = pool
        .disk_of(&pool.only_vm(&order(1, Effect::Start).spec).await)
        .await;
    let name = pool.call("VDI.get_name_label", &[&disk]).await;
    let other = pool.clone_template("of somebody else").await;
    pool.attach(&other, &disk).await;
    let disks = pool.disks().await;
    xen.carry_out(&order(1, Effect::Remove)).await.unwrap();
    assert_eq!(
        pool.vms_called(&label(&order(1, Effect::Remove).spec))
            .await
            .len(),
        0
    );
    assert_eq!(pool.disks().await, disks);
    assert_eq!(pool.call("VDI.get_name_label", &[&disk]).await, name);
}

#[tokio::test]
async fn a_start_that_was_given_up_but_goes_on_is_neither_repeated_nor_overlooked() {
    let pool = Pool::new().await;
    pool.slow_down("VM.start_on", 500).await;
    let hasty = XenTimeouts {
        task: Duration::from_millis(100),
        ..XenTimeouts::default()
    };
    let xen = dispatcher_with(&pool.url, hasty);
    let given_up = refusal(&xen, &order(1, Effect::Start)).await;
    assert_eq!(
        given_up,
        ("TASK_UNFINISHED".to_owned(), FailureClass::Transient)
    );
    // Halted it still is, but not for long: saying "stopped" now would be wrong.
    let refused = refusal(&xen, &order(1, Effect::Stop)).await;
    assert_eq!(
        refused,
        ("STATE_CHANGING".to_owned(), FailureClass::Transient)
    );
    for effect in [Effect::Remove, Effect::Start] {
        let refused = refusal(&xen, &order(1, effect)).await;
        let busy = "OTHER_OPERATION_IN_PROGRESS".to_owned();
        assert_eq!(refused, (busy, FailureClass::Transient), "{effect:?}");
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while xen.carry_out(&order(1, Effect::Start)).await.is_err() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "it never came to run"
        );
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.counts(&["VM.clone", "VM.start_on"]).await, [1, 1]);
    xen.carry_out(&order(1, Effect::Stop)).await.unwrap();
}

#[tokio::test]
async fn a_renamed_vm_is_neither_replaced_nor_taken_for_gone() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    xen.carry_out(&order(1, Effect::Start)).await.unwrap();
    let vm = pool.only_vm(&order(1, Effect::Start).spec).await;
    pool.call("VM.set_name_label", &[&vm, "renamed by hand"])
        .await;
    // Another process, that has not read the pool yet.
    let xen = pool.dispatcher();
    for effect in [Effect::Start, Effect::Stop, Effect::Reboot, Effect::Remove] {
        let refused = refusal(&xen, &order(1, effect)).await;
        assert_eq!(
            refused,
            ("VM_RELABELLED".to_owned(), FailureClass::OperatorNeeded)
        );
    }
    assert_eq!(pool.counts(&["VM.clone", "VM.destroy"]).await, [1, 0]);
    let observed = xen.observe_instances().await.unwrap();
    assert_eq!(observed.len(), 1);
    assert_eq!(observed[0].1.power_state, PowerState::Running);
}

#[tokio::test]
async fn what_the_pool_lacks_or_refuses_has_its_class() {
    let pool = Pool::new().await;
    let xen = pool.dispatcher();
    let start = |number| order(number, Effect::Start);
    let mut no_template = start(1);
    no_template.spec.template = "no such template".to_owned();
    let refused = refusal(&xen, &no_template).await;
    assert_eq!(
        refused,
        (
            "TEMPLATE_NOT_FOUND".to_owned(),
            FailureClass::OperatorNeeded
        )
    );
    let mut no_node = start(2);
    no_node.spec.node = NodeName("no-such-node".to_owned());
    let refused = refusal(&xen, &no_node).await;
    assert_eq!(
        refused,
        ("NODE_NOT_FOUND".to_owned(), FailureClass::NodeUnfit)
    );
    let mut too_big = start(3);
    too_big.spec.size.memory_mib = 1 << 30;
    let refused = refusal(&xen, &too_big).await;
    assert_eq!(
        refused,
        (
            "HOST_NOT_ENOUGH_FREE_MEMORY".to_owned(),
            FailureClass::NodeUnfit
        )
    );
    let mut unwritable = start(4);
    unwritable.spec.name = "a\u{1}b".to_owned();
    let refused = refusal(&xen, &unwritable).await;
    assert_eq!(
        refused,
        ("REQUEST_UNWRITABLE".to_owned(), FailureClass::OurFault)
    );
    let host = pool.hosts_called("node-1").await.remove(0);
    pool.call("host.disable", &[&host]).await;
    let refused = refusal(&xen, &start(5)).await;
    assert_eq!(
        refused,
        ("HOST_DISABLED".to_owned(), FailureClass::NodeUnfit)
    );
    assert_eq!(pool.done("VM.start_on").await, []);
}

#[tokio::test]
async fn a_template_whose_name_is_not_its_own_is_refused() {
    let pool = Pool::new().await;
    pool.clone_template(TEMPLATE).await;
    let refused = refusal(&pool.dispatcher(), &order(1, Effect::Start)).await;
    assert_eq!(
        refused,
        (
            "TEMPLATE_AMBIGUOUS".to_owned(),
            FailureClass::OperatorNeeded
        )
    );
}

/// A pool whose guests, asked by `verb`, answer with `act`; the task `OpaqueRef:deaf` never ends.
async fn deaf_guests(pool: &Pool, verb: &'static str, act: fn() -> Act) -> Gate {
    let script = move |call: &Call| {
        if call.method == format!("Async.{verb}") {
            act()
        } else if call.method == "task.get_record" && call.strings[1] == "OpaqueRef:deaf" {
            success(
                "<value><struct><member><name>status</name><value>pending</value></member>\
                 </struct></value>",
            )
        } else {
            Act::Pass
        }
    };
    Gate::before(&pool.url, script).await
}

#[tokio::test]
async fn guests_that_cannot_or_will_not_are_turned_off_or_reset() {
    let acts: [fn() -> Act; 3] = [
        || failure(&["VM_LACKS_FEATURE", "OpaqueRef:VM"]),
        || failure(&["VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT", "OpaqueRef:VM"]),
        || success("<value>OpaqueRef:deaf</value>"),
    ];
    for act in acts {
        for (effect, clean, hard) in [
            (Effect::Stop, "VM.clean_shutdown", "VM.hard_shutdown"),
            (Effect::Reboot, "VM.clean_reboot", "VM.hard_reboot"),
        ] {
            let pool = Pool::new().await;
            pool.dispatcher()
                .carry_out(&order(1, Effect::Start))
                .await
                .unwrap();
            let gate = deaf_guests(&pool, clean, act).await;
            let xen = dispatcher_at(&gate.url, Duration::from_millis(50));
            xen.carry_out(&order(1, effect)).await.unwrap();
            assert_eq!(pool.counts(&[hard, clean]).await, [1, 0], "{effect:?}");
        }
    }
}

#[tokio::test]
async fn a_task_the_pool_forgot_is_read_off_the_vm() {
    let pool = Pool::new().await;
    let gate = Gate::before(&pool.url, |call| match call.method.as_str() {
        "task.get_record" => failure(&["HANDLE_INVALID", "task", &call.strings[1]]),
        _ => Act::Pass,
    })
    .await;
    let xen = dispatcher_at(&gate.url, Duration::from_secs(5));
    for effect in [Effect::Start, Effect::Reboot, Effect::Stop, Effect::Remove] {
        xen.carry_out(&order(1, effect)).await.unwrap();
    }
    let operations = [
        "VM.clone",
        "VM.start_on",
        "VM.clean_reboot",
        "VM.clean_shutdown",
    ];
    assert_eq!(pool.counts(&operations).await, [1, 1, 1, 1]);
}

#[tokio::test]
async fn a_record_that_does_not_parse_is_read_field_by_field() {
    let pool = Pool::new().await;
    let script = |call: &Call| match call.method.as_str() {
        "VM.get_record"
        | "VM.get_all_records"
        | "VM.get_other_config"
        | "VM_guest_metrics.get_all_records" => success(
            "<value><struct><member><name>a<b</name><value>x</value></member></struct></value>",
        ),
        _ => Act::Pass,
    };
    let gate = Gate::before(&pool.url, script).await;
    let xen = dispatcher_at(&gate.url, Duration::from_secs(5));
    for effect in [Effect::Start, Effect::Start, Effect::Stop, Effect::Start] {
        let order = order(1, effect);
        xen.carry_out(&order).await.unwrap();
        let [(instance_id, seen)] = xen.observe_instances().await.unwrap().try_into().unwrap();
        assert_eq!(instance_id, order.spec.instance_id);
        assert_eq!(
            seen.power_state == PowerState::Running,
            effect == Effect::Start
        );
    }
    assert_eq!(pool.counts(&["VM.clone", "VM.start_on"]).await, [1, 2]);
    xen.carry_out(&order(1, Effect::Remove)).await.unwrap();
    assert_eq!(pool.leftovers(&order(1, Effect::Remove).spec).await, (0, 0));
}

#[tokio::test]
async fn instances_are_carried_out_side_by_side_on_one_session() {
    let pool = Pool::new().await;
    let gate = Gate::before(&pool.url, |_| Act::Pass).await;
    let xen = dispatcher_at(&gate.url, Duration::from_secs(5));
    for (effect, running) in [(Effect::Start, 16), (Effect::Stop, 0), (Effect::Remove, 0)] {
        let orders: Vec<_> = (0..16)
            .map(|number| {
                let mut order = order(number, effect);
                order.spec.size = Resources {
                    vcpus: 1,
                    memory_mib: 512,
                    disk_gib: 8,
                };
                order
            })
            .collect();
        for outcome in join_all(orders.iter().map(|order| xen.carry_out(order))).await {
            outcome.unwrap();
        }
        let observed = xen.observe_instances().await.unwrap();
        let up = observed
            .iter()
            .filter(|(_, seen)| seen.power_state == PowerState::Running);
        assert_eq!(up.count(), running, "after {effect:?}");
    }
    assert_eq!(
        pool.counts(&["VM.clone", "VM.start_on", "VM.destroy"])
            .await,
        [16, 16, 16]
    );
    assert_eq!(gate.count("session.login_with_password"), 1);
}
