//! Which operation is legal when, and where: the table of XENAPI.md 2.4, typed out once more.

use openpex::simulator::PoolOptions;

use super::pool::{ETCH, GIB, Pool, flag, map, member, number, references, text};

const STATES: [&str; 4] = ["Halted", "Paused", "Suspended", "Running"];

/// Operation, the states it is legal in as an error lists them, and the state it leads to; `None`
/// for no change, `Gone` for none any more.
const TABLE: [(&str, &str, Option<&str>); 24] = [
    ("start", "halted", Some("Running")),
    ("start_on", "halted", Some("Running")),
    ("make_into_template", "halted", None),
    ("changing_VCPUs", "halted", None),
    ("changing_memory_limits", "halted", None),
    ("changing_static_range", "halted", None),
    ("changing_dynamic_range", "halted, running", None),
    ("clean_shutdown", "running", Some("Halted")),
    ("clean_reboot", "running", Some("Running")),
    ("suspend", "running", Some("Suspended")),
    ("pause", "running", Some("Paused")),
    ("pool_migrate", "running", Some("Running")),
    (
        "hard_shutdown",
        "paused, suspended, running",
        Some("Halted"),
    ),
    ("shutdown", "paused, suspended, running", Some("Halted")),
    ("checkpoint", "paused, suspended, running", None),
    ("hard_reboot", "paused, running", Some("Running")),
    ("unpause", "paused", Some("Running")),
    ("resume", "suspended", Some("Running")),
    ("resume_on", "suspended", Some("Running")),
    ("clone", "halted", None),
    ("copy", "halted", None),
    ("destroy", "halted, suspended", Some("Gone")),
    ("snapshot", "halted, paused, suspended, running", None),
    (
        "power_state_reset",
        "halted, paused, suspended, running",
        Some("Halted"),
    ),
];

/// A new guest in that state.
async fn guest_in(pool: &Pool, state: &str) -> String {
    let vm = pool.guest("g", GIB).await;
    if state != "Halted" {
        pool.start_on(&vm, &pool.host("node-1").await)
            .await
            .unwrap();
    }
    match state {
        "Paused" => drop(pool.call("VM.pause", &[text(&vm)]).await.unwrap()),
        "Suspended" => drop(pool.call("VM.suspend", &[text(&vm)]).await.unwrap()),
        _ => {}
    }
    assert_eq!(pool.power_state(&vm).await, state);
    vm
}

/// The call that does the operation, with its parameters.
async fn call_of(pool: &Pool, operation: &str, vm: &str) -> (String, Vec<String>) {
    let (vm, no) = (text(vm), flag(false));
    let host = text(&pool.host("node-2").await);
    let size = number(GIB);
    let (name, params) = match operation {
        "start" | "resume" => (operation, vec![vm, no.clone(), no]),
        "start_on" | "resume_on" => (operation, vec![vm, host, no.clone(), no]),
        "pool_migrate" => (operation, vec![vm, host, map(&[("live", "true")])]),
        "make_into_template" => ("set_is_a_template", vec![vm, flag(true)]),
        "changing_VCPUs" => ("set_VCPUs_max", vec![vm, number(2)]),
        "changing_memory_limits" => ("set_memory", vec![vm, size]),
        "changing_static_range" => ("set_memory_static_range", vec![vm, size.clone(), size]),
        "changing_dynamic_range" => ("set_memory_dynamic_range", vec![vm, size.clone(), size]),
        "clone" | "snapshot" | "checkpoint" => (operation, vec![vm, text("copy")]),
        "copy" => (operation, vec![vm, text("copy"), text("OpaqueRef:NULL")]),
        _ => (operation, vec![vm]),
    };
    (format!("VM.{name}"), params)
}

#[tokio::test]
async fn every_operation_in_every_state() {
    let pool = Pool::start().await;
    for (operation, expected, leads_to) in TABLE {
        for state in STATES {
            let vm = guest_in(&pool, state).await;
            let actual = state.to_lowercase();
            let legal = expected.split(", ").any(|allowed| allowed == actual);
            let listed = pool
                .call("VM.get_allowed_operations", &[text(&vm)])
                .await
                .unwrap();
            assert_eq!(
                listed.contains(&text(operation)),
                legal,
                "{operation} in {state}"
            );
            let asked = [text(&vm), text(operation)];
            let valid = pool.call("VM.assert_operation_valid", &asked).await;
            let (method, params) = call_of(&pool, operation, &vm).await;
            let done = pool.call(&method, &params).await;
            if legal {
                assert_eq!(valid, Ok(String::new()), "{operation} in {state}");
                assert!(done.is_ok(), "{operation} in {state}: {done:?}");
                match leads_to {
                    Some("Gone") => {
                        assert!(pool.call("VM.get_record", &[text(&vm)]).await.is_err());
                    }
                    other => {
                        let now = pool.power_state(&vm).await;
                        assert_eq!(now, other.unwrap_or(state), "{operation} in {state}");
                    }
                }
            } else {
                let refused = vec![
                    "VM_BAD_POWER_STATE".to_owned(),
                    vm.clone(),
                    expected.to_owned(),
                    actual,
                ];
                assert_eq!(valid, Err(refused.clone()), "{operation} in {state}");
                assert_eq!(done, Err(refused), "{operation} in {state}");
                assert_eq!(pool.power_state(&vm).await, state, "{operation} in {state}");
            }
            // The next guest needs the memory.
            let _ = pool.call("VM.power_state_reset", &[text(&vm)]).await;
        }
    }
}

#[tokio::test]
async fn templates_and_snapshots_take_what_they_can() {
    let pool = Pool::start().await;
    let template = pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let allowed = pool
        .call("VM.get_allowed_operations", &[text(&template)])
        .await
        .unwrap();
    let of_template = [
        "clone",
        "copy",
        "provision",
        "changing_dynamic_range",
        "changing_static_range",
        "changing_memory_limits",
        "changing_VCPUs",
        "export",
        "destroy",
    ];
    let expected: String = of_template
        .iter()
        .map(|operation| text(operation))
        .collect();
    assert_eq!(allowed, format!("<array><data>{expected}</data></array>"));

    let vm = guest_in(&pool, "Running").await;
    let snapshot = pool.find("VM.snapshot", &[text(&vm), text("before")]).await;
    let refused = pool
        .call("VM.start", &[text(&snapshot), flag(false), flag(false)])
        .await;
    assert_eq!(refused.unwrap_err(), ["VM_IS_SNAPSHOT", &snapshot, "start"]);
    let not_one = pool.call("VM.revert", &[text(&vm)]).await.unwrap_err();
    assert_eq!(not_one, ["REVERT_ONLY_ALLOWED_ON_SNAPSHOT"]);
    assert_eq!(pool.find("VM.get_snapshots", &[text(&vm)]).await, snapshot);
    assert_eq!(
        pool.find("VM.get_snapshot_of", &[text(&snapshot)]).await,
        vm
    );

    let record = pool.call("VM.get_record", &[text(&vm)]).await.unwrap();
    let devices = references(&member(&record, "VBDs"));
    pool.call("VM.revert", &[text(&snapshot)]).await.unwrap();
    assert_eq!(pool.power_state(&vm).await, "Halted");
    let record = pool.call("VM.get_record", &[text(&vm)]).await.unwrap();
    let replaced = references(&member(&record, "VBDs"));
    assert_eq!(replaced.len(), devices.len());
    assert!(
        replaced.iter().all(|device| !devices.contains(device)),
        "the disks are new"
    );
    pool.call("VM.destroy", &[text(&snapshot)]).await.unwrap();
    let none = pool.call("VM.get_snapshots", &[text(&vm)]).await.unwrap();
    assert_eq!(references(&none).len(), 0);
}

#[tokio::test]
async fn a_host_takes_vms_up_to_exactly_its_memory() {
    let pool = Pool::with(PoolOptions {
        memory_mib: 8 * 1024,
        ..PoolOptions::default()
    })
    .await;
    let host = pool.host("node-1").await;
    for size in [5, 3] {
        let vm = pool.guest("fits", size * GIB).await;
        pool.start_on(&vm, &host).await.unwrap();
    }
    let vm = pool.guest("beyond", 1 << 20).await;
    let (needed, none) = ((1_u32 << 20).to_string(), "0".to_owned());
    let full = ["HOST_NOT_ENOUGH_FREE_MEMORY".to_owned(), needed, none];
    assert_eq!(pool.start_on(&vm, &host).await.unwrap_err(), full);
    let asked = [text(&vm), text(&host)];
    assert_eq!(
        pool.call("VM.assert_can_boot_here", &asked)
            .await
            .unwrap_err(),
        full
    );
    let others = pool
        .call("VM.get_possible_hosts", &[text(&vm)])
        .await
        .unwrap();
    assert_eq!(references(&others).len(), 3);

    // What is suspended or halted gives its memory back; what is paused does not.
    let fits = references(
        &pool
            .call("VM.get_by_name_label", &[text("fits")])
            .await
            .unwrap(),
    );
    pool.call("VM.pause", &[text(&fits[0])]).await.unwrap();
    assert!(pool.start_on(&vm, &host).await.is_err());
    pool.call("VM.unpause", &[text(&fits[0])]).await.unwrap();
    pool.call("VM.suspend", &[text(&fits[0])]).await.unwrap();
    pool.start_on(&vm, &host).await.unwrap();
    let no = flag(false);
    let resume = [text(&fits[0]), text(&host), no.clone(), no.clone()];
    assert_eq!(
        pool.call("VM.resume_on", &resume).await.unwrap_err()[0],
        full[0]
    );

    // More than any host has.
    let giant = pool.guest("giant", 9 * GIB).await;
    let start = [text(&giant), no.clone(), no];
    assert_eq!(
        pool.call("VM.start", &start).await.unwrap_err(),
        ["NO_HOSTS_AVAILABLE"]
    );
    pool.call("VM.set_memory", &[text(&giant), number(GIB)])
        .await
        .unwrap();
    pool.call("VM.set_VCPUs_max", &[text(&giant), number(17)])
        .await
        .unwrap();
    let other = pool.host("node-2").await;
    let refused = pool.start_on(&giant, &other).await.unwrap_err();
    assert_eq!(refused, ["HOST_NOT_ENOUGH_PCPUS", "17", "16"]);
}

#[tokio::test]
async fn hosts_out_of_service_take_nothing() {
    let pool = Pool::start().await;
    let (one, two) = (pool.host("node-1").await, pool.host("node-2").await);
    let (vm, resident) = (
        pool.guest("g", GIB).await,
        pool.guest("resident", GIB).await,
    );
    pool.start_on(&resident, &one).await.unwrap();
    pool.call("host.disable", &[text(&one)]).await.unwrap();
    let refused = pool.start_on(&vm, &one).await.unwrap_err();
    assert_eq!(refused, ["HOST_DISABLED", &one]);
    assert_eq!(
        pool.power_state(&resident).await,
        "Running",
        "residents stay"
    );
    pool.call("host.assert_can_evacuate", &[text(&one)])
        .await
        .unwrap();
    pool.call("host.evacuate", &[text(&one)]).await.unwrap();
    let moved = pool.find("VM.get_resident_on", &[text(&resident)]).await;
    assert_ne!(moved, one);
    pool.call("host.enable", &[text(&one)]).await.unwrap();
    pool.start_on(&vm, &one).await.unwrap();

    pool.plant(serde_json::json!({"kind": "host_down", "host": "node-1"}))
        .await;
    let metrics = pool.find("host.get_metrics", &[text(&one)]).await;
    let live = pool
        .call("host_metrics.get_live", &[text(&metrics)])
        .await
        .unwrap();
    assert_eq!(live, "<boolean>0</boolean>");
    let other = pool.guest("other", GIB).await;
    assert_eq!(
        pool.start_on(&other, &one).await.unwrap_err(),
        ["HOST_NOT_LIVE"]
    );
    for method in [
        "VM.hard_shutdown",
        "VM.hard_reboot",
        "VM.clean_shutdown",
        "VM.pause",
    ] {
        let refused = pool.call(method, &[text(&vm)]).await.unwrap_err();
        assert_eq!(refused, ["HOST_OFFLINE", &one], "{method}");
    }
    assert_eq!(
        pool.power_state(&vm).await,
        "Running",
        "nobody can know better"
    );
    pool.plant(serde_json::json!({"kind": "host_up", "host": "node-1"}))
        .await;
    assert_eq!(pool.power_state(&vm).await, "Halted", "it came back empty");
    assert_eq!(pool.outcomes("guest.lost").await, ["ok"]);
    pool.start_on(&vm, &two).await.unwrap();
}

/// A disk in a host's own repository ties the VM to that host, and fills it.
#[tokio::test]
async fn local_disks_tie_and_fill() {
    let options = PoolOptions {
        disk_gib: 20,
        template_disk_gib: 8,
        ..PoolOptions::default()
    };
    let pool = Pool::with(options).await;
    let local = pool
        .find("SR.get_by_name_label", &[text("Local storage of node-1")])
        .await;
    let template = pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let copy = |name: &str| [text(&template), text(name), text(&local)];
    let vm = pool.find("VM.copy", &copy("a")).await;
    pool.call("VM.copy", &copy("b")).await.unwrap();
    let full = pool.call("VM.copy", &copy("c")).await.unwrap_err();
    assert_eq!(
        full,
        ["SR_FULL", &(8 * GIB).to_string(), &(4 * GIB).to_string()]
    );
    assert_eq!(
        pool.vm_state("c").await,
        serde_json::Value::Null,
        "nothing is left of it"
    );
    pool.call("VM.provision", &[text(&vm)]).await.unwrap();
    let elsewhere = pool.host("node-2").await;
    let refused = pool.start_on(&vm, &elsewhere).await.unwrap_err();
    assert_eq!(refused, ["VM_REQUIRES_SR", &vm, &local]);

    let vbds = references(&pool.call("VM.get_VBDs", &[text(&vm)]).await.unwrap());
    let disk = pool.find("VBD.get_VDI", &[text(&vbds[0])]).await;
    let resize = |size: i64| [text(&disk), number(size)];
    pool.call("VDI.resize", &resize(12 * GIB)).await.unwrap();
    assert_eq!(
        pool.call("VDI.resize", &resize(13 * GIB))
            .await
            .unwrap_err()[0],
        "SR_FULL"
    );
    let shrunk = pool.call("VDI.resize", &resize(GIB)).await.unwrap_err();
    assert_eq!(shrunk[0], "SR_BACKEND_FAILURE_79");
    let used = pool
        .call("SR.get_physical_utilisation", &[text(&local)])
        .await;
    assert_eq!(used, Ok((20 * GIB).to_string()));
    pool.start_on(&vm, &pool.host("node-1").await)
        .await
        .unwrap();
}
