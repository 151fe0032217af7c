//! The bytes: sessions, tasks, what is no call, and JSON-RPC.

use openpex::simulator::PoolOptions;

use super::pool::{
    ETCH, GIB, Pool, exchange, failure, flag, list, map, member, references, request, success,
    text, value_of,
};

#[tokio::test]
async fn log_in_and_its_refusals_have_xapi_s_exact_bytes() {
    let pool = Pool::start().await;
    let login = |password: &str| {
        let params = [
            text("root"),
            text(password),
            text("2.21"),
            text("openpex/0.1"),
        ];
        request("session.login_with_password", &params)
    };
    let reply = pool.post("/", &login("openpex")).await;
    let session = value_of(&reply.body).unwrap();
    assert_eq!(reply.body, success(&session));
    assert_eq!(
        references(&session).as_slice(),
        std::slice::from_ref(&session)
    );
    assert_eq!(reply.status, 200);
    for header in [
        "content-type: text/xml\r\n",
        "access-control-allow-origin: *\r\n",
    ] {
        assert!(
            format!("{}\r\n", reply.head).contains(header),
            "{}",
            reply.head
        );
    }
    let reply = pool.post("/", &login("wrong")).await;
    let refused = [
        "SESSION_AUTHENTICATION_FAILED",
        "root",
        "Authentication failure",
    ];
    assert_eq!(reply.body, failure(&refused));

    // Two and three parameters do as well, as Xen Orchestra sends them.
    for given in [2, 3] {
        let params = &[text("root"), text("openpex"), text("2.21")][..given];
        let reply = pool.send("session.login_with_password", params).await;
        value_of(&reply.body).unwrap();
    }
    let unknown = "OpaqueRef:1c0d4e3b-7a5d-4d4e-9c5c-0a6f7d1b2c3d";
    let reply = pool.send("VM.get_all", &[text(unknown)]).await;
    assert_eq!(reply.body, failure(&["SESSION_INVALID", unknown]));
    assert_eq!(pool.call("session.logout", &[]).await, Ok(String::new()));
    let refused = pool.call("VM.get_all", &[]).await.unwrap_err();
    assert_eq!(refused, ["SESSION_INVALID", &pool.session]);
}

#[tokio::test]
async fn an_asynchronous_call_ends_as_a_task() {
    let pool = Pool::start().await;
    let template = pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let params = [text(&template), text("opx-i-42")];
    let task = pool.find("Async.VM.clone", &params).await;
    let token = pool.session.clone();
    let classes = format!("task/{task}");
    let record = loop {
        let record = pool.call("task.get_record", &[text(&task)]).await.unwrap();
        if member(&record, "status") != "pending" {
            break record;
        }
        let params = [list(&[&classes]), text(""), text("5")];
        pool.call("event.from", &params).await.unwrap();
    };
    assert_eq!(token, pool.session);
    let vm = pool.find("VM.get_by_name_label", &[text("opx-i-42")]).await;
    let uuid = member(&record, "uuid");
    let master = member(&record, "resident_on");
    let expected = format!(
        "<struct><member><name>uuid</name><value>{uuid}</value></member><member><name>name_label\
         </name><value>Async.VM.clone</value></member><member><name>name_description</name><value>\
         </value></member><member><name>allowed_operations</name><value><array><data></data>\
         </array></value></member><member><name>current_operations</name><value><struct></struct>\
         </value></member><member><name>created</name><value><dateTime.iso8601>20260821T10:00:00Z\
         </dateTime.iso8601></value></member><member><name>finished</name><value>\
         <dateTime.iso8601>20260821T10:00:00Z</dateTime.iso8601></value></member><member><name>\
         status</name><value>success</value></member><member><name>resident_on</name><value>\
         {master}</value></member><member><name>progress</name><value><double>1</double></value>\
         </member><member><name>type</name><value>&lt;none/&gt;</value></member><member><name>\
         result</name><value>&lt;value&gt;{vm}&lt;/value&gt;</value></member><member><name>\
         error_info</name><value><array><data></data></array></value></member><member><name>\
         other_config</name><value><struct></struct></value></member><member><name>subtask_of\
         </name><value>OpaqueRef:NULL</value></member><member><name>subtasks</name><value><array>\
         <data></data></array></value></member><member><name>backtrace</name><value>()</value>\
         </member></struct>"
    );
    assert_eq!(record, expected);
    pool.call("task.destroy", &[text(&task)]).await.unwrap();
    let gone = pool
        .call("task.get_status", &[text(&task)])
        .await
        .unwrap_err();
    assert_eq!(gone, ["HANDLE_INVALID", "task", &task]);
}

#[tokio::test]
async fn what_is_no_call_is_answered_as_xapi_answers_it() {
    let pool = Pool::start().await;
    let deep = "<array><data><value>".repeat(10_000);
    for body in [
        "",
        "hello",
        "<methodCall><methodName>a</methodName></methodCall>",
        &deep,
    ] {
        let reply = pool.post("/", body).await;
        assert_eq!(reply.status, 500, "{body:.40}");
        assert!(reply.body.starts_with("<html>"), "{}", reply.body);
    }
    let within = request("VM.get_all", &[text(&" ".repeat(300 * 1024 - 200))]);
    assert_eq!(pool.post("/", &within).await.status, 200);
    let beyond = request("VM.get_all", &[text(&" ".repeat(300 * 1024))]);
    // The server may close before it has read all of it; it must not answer with a success.
    let reply = exchange(pool.address, "POST", "/", &beyond).await;
    assert!(reply.is_none_or(|reply| reply.status == 413));
    let reply = exchange(pool.address, "GET", "/", "").await.unwrap();
    assert_eq!(reply.status, 405);
    // Any path reaches the handler of `/`.
    let call = request("pool.get_all", &[text(&pool.session)]);
    for path in ["/", "/RPC2", "/xmlrpc", "/a/b/c"] {
        assert_eq!(
            value_of(&pool.post(path, &call).await.body).map(|v| references(&v).len()),
            Ok(1)
        );
    }
}

#[tokio::test]
async fn wrong_calls_have_their_own_codes() {
    let pool = Pool::start().await;
    let host = pool.host("node-1").await;
    let refused = |method: &'static str, params: Vec<String>| {
        let pool = &pool;
        async move { pool.call(method, &params).await.unwrap_err() }
    };
    for method in [
        "VM.explode",
        "Async.VM.get_record",
        "Async.session.logout",
        "vm.get_all",
    ] {
        assert_eq!(
            refused(method, vec![]).await,
            ["MESSAGE_METHOD_UNKNOWN", method]
        );
    }
    let mismatch = "MESSAGE_PARAMETER_COUNT_MISMATCH";
    assert_eq!(
        refused("VM.start", vec![text("x")]).await,
        [mismatch, "VM.start", "3", "1"]
    );
    assert_eq!(
        refused("VM.get_all", vec![text("x")]).await,
        [mismatch, "VM.get_all", "0", "1"]
    );
    for reference in ["OpaqueRef:VM", "OpaqueRef:NULL", host.as_str(), "nonsense"] {
        let refused = refused("VM.get_record", vec![text(reference)]).await;
        assert_eq!(refused, ["HANDLE_INVALID", "VM", reference]);
    }
    let refused_uuid = refused("host.get_by_uuid", vec![text("no-uuid")]).await;
    assert_eq!(refused_uuid, ["UUID_INVALID", "host", "no-uuid"]);
    let vm = pool.guest("g", GIB).await;
    let wrong = refused("VM.set_VCPUs_max", vec![text(&vm), text("many")]).await;
    assert_eq!(wrong, ["FIELD_TYPE_ERROR", "value"]);
    let wrong = refused("VM.set_name_label", vec![text(&vm), flag(true)]).await;
    assert_eq!(wrong, ["FIELD_TYPE_ERROR", "name_label"]);
    let removed = refused("host_metrics.get_memory_free", vec![text(&host)]).await;
    assert_eq!(removed, ["MESSAGE_REMOVED"]);
}

#[tokio::test]
async fn the_list_of_methods_comes_without_the_envelope() {
    let pool = Pool::start().await;
    let reply = pool.send("system.listMethods", &[]).await;
    let open = "<?xml version=\"1.0\"?><methodResponse><params><param><value><array><data>";
    assert!(reply.body.starts_with(open), "{:.200}", reply.body);
    for name in [
        "VM.start_on",
        "Async.VM.start_on",
        "VM.get_VBDs",
        "event.from",
        "SR.scan",
    ] {
        assert!(reply.body.contains(&text(name)), "{name}");
    }
}

/// What the ledger books is what the pool has.
#[tokio::test]
async fn a_pool_is_as_large_as_it_says() {
    let pool = Pool::with(PoolOptions {
        boot_delay: std::time::Duration::from_secs(30),
        ..PoolOptions::default()
    })
    .await;
    let hosts = pool.call("host.get_all_records", &[]).await.unwrap();
    assert_eq!(
        hosts
            .matches("<name>cpu_count</name><value>16</value>")
            .count(),
        4
    );
    assert_eq!(
        hosts
            .matches("<name>memory_overhead</name><value>0</value>")
            .count(),
        4
    );
    for name in ["node-1", "node-2", "node-3", "node-4"] {
        assert!(
            hosts.contains(&format!("<name>name_label</name>{}", text(name))),
            "{name}"
        );
        let host = pool.host(name).await;
        let metrics = pool.find("host.get_metrics", &[text(&host)]).await;
        let total = pool
            .call("host_metrics.get_memory_total", &[text(&metrics)])
            .await;
        assert_eq!(total, Ok((32 * GIB).to_string()));
        let mut local = Vec::new();
        for pbd in references(&pool.call("host.get_PBDs", &[text(&host)]).await.unwrap()) {
            let sr = pool.find("PBD.get_SR", &[text(&pbd)]).await;
            let sr = pool.call("SR.get_record", &[text(&sr)]).await.unwrap();
            if member(&sr, "shared") == "<boolean>0</boolean>" {
                local.push(member(&sr, "physical_size"));
            }
        }
        assert_eq!(
            local,
            [(500 * GIB).to_string()],
            "one local repository a host"
        );
    }
    // Guest tools report after the boot delay, and clean operations need them.
    let vm = pool.guest("slow", GIB).await;
    pool.start_on(&vm, &pool.host("node-1").await)
        .await
        .unwrap();
    let none = pool.call("VM.get_guest_metrics", &[text(&vm)]).await;
    assert_eq!(none, Ok("OpaqueRef:NULL".to_owned()));
    let refused = pool
        .call("VM.clean_shutdown", &[text(&vm)])
        .await
        .unwrap_err();
    assert_eq!(refused, ["VM_LACKS_FEATURE", &vm]);
    pool.clock
        .move_to(super::pool::START.saturating_add(30_000));
    pool.find("VM.get_guest_metrics", &[text(&vm)]).await;
    pool.call("VM.clean_shutdown", &[text(&vm)]).await.unwrap();
}

#[tokio::test]
async fn json_rpc_shares_the_sessions_and_has_numbers() {
    let pool = Pool::start().await;
    let vm = pool.guest("g", 2 * GIB).await;
    let ask = |call: serde_json::Value| {
        let pool = &pool;
        async move {
            let reply = pool.post("/jsonrpc", &call.to_string()).await;
            assert_eq!(reply.status, 200);
            assert!(
                reply.head.contains("content-type: application/json"),
                "{}",
                reply.head
            );
            serde_json::from_str::<serde_json::Value>(&reply.body).unwrap()
        }
    };
    use serde_json::json;
    let params = json!([pool.session, vm]);
    let method = "VM.get_memory_static_max";
    let reply = ask(json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 3})).await;
    assert_eq!(reply, json!({"jsonrpc": "2.0", "result": 2 * GIB, "id": 3}));
    let reply = ask(json!({"method": method, "params": params, "id": "a"})).await;
    let result = json!({"Status": "Success", "Value": 2 * GIB});
    assert_eq!(reply, json!({"result": result, "error": null, "id": "a"}));
    let call = json!({"jsonrpc": "2.0", "method": "VM.pause", "params": params, "id": 4});
    let error = json!({
        "code": 1, "message": "VM_BAD_POWER_STATE", "data": [vm, "running", "halted"],
    });
    assert_eq!(
        ask(call).await,
        json!({"jsonrpc": "2.0", "error": error, "id": 4})
    );
    let migrate = json!([pool.session, vm, pool.host("node-1").await, {"live": "true"}]);
    let call = json!({"method": "VM.pool_migrate", "params": migrate, "id": 5});
    let error = json!(["VM_BAD_POWER_STATE", vm, "running", "halted"]);
    assert_eq!(
        ask(call).await,
        json!({"result": null, "error": error, "id": 5})
    );
    let params = [
        text(&vm),
        text(&pool.host("node-1").await),
        map(&[("live", "true")]),
    ];
    assert!(pool.call("VM.pool_migrate", &params).await.is_err());
    assert_eq!(pool.post("/jsonrpc", "{}").await.status, 500);
}
