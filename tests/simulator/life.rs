//! A VM's whole life as XENAPI.md section 3 has it, byte for byte.

use super::pool::{
    ETCH, GIB, Pool, START, failure, flag, member, number, references, success, text,
};

/// A VM on its way.
struct Life {
    pool: Pool,
    template: String,
    host: String,
    vm: String,
    uuid: String,
}

impl Life {
    /// The bytes that answer a call.
    async fn body(&self, method: &str, params: Vec<String>) -> String {
        let session = text(&self.pool.session);
        let all: Vec<String> = std::iter::once(session).chain(params).collect();
        self.pool.send(method, &all).await.body
    }

    fn start(&self) -> Vec<String> {
        vec![text(&self.vm), text(&self.host), flag(false), flag(false)]
    }
}

#[tokio::test]
async fn a_vm_s_whole_life_has_xapi_s_exact_bytes() {
    let pool = Pool::start().await;
    let template = pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let host = pool.host("node-2").await;
    let vm = pool
        .find("VM.clone", &[text(&template), text("opx-i-42")])
        .await;
    let uuid = pool.call("VM.get_uuid", &[text(&vm)]).await.unwrap();
    let life = Life {
        pool,
        template,
        host,
        vm,
        uuid,
    };
    tag(&life).await;
    size(&life).await;
    run(&life).await;
    end(&life).await;
    let (_, state) = life.pool.control("GET", "/state", "").await;
    assert_eq!(
        state["vms"].as_array().unwrap().len(),
        3,
        "only the templates are left"
    );
    assert_eq!(state["disks"].as_array().unwrap().len(), 3);
    tells_the_life(&life.pool, &life.vm, &life.template).await;
}

async fn tag(life: &Life) {
    assert_eq!(
        life.body("VM.start_on", life.start()).await,
        failure(&["VM_IS_TEMPLATE", &life.vm, "start_on"]),
        "a clone of a template is one until it is provisioned"
    );
    let tag = || vec![text(&life.vm), text("openpex:instance"), text("i-42")];
    assert_eq!(
        life.body("VM.add_to_other_config", tag()).await,
        success("")
    );
    assert_eq!(
        life.body("VM.add_to_other_config", tag()).await,
        failure(&[
            "MAP_DUPLICATE_KEY",
            "VM",
            "other_config",
            &life.uuid,
            "openpex:instance"
        ])
    );
    let other_config = "<struct><member><name>openpex:instance</name><value>i-42</value></member>\
                        </struct>";
    assert_eq!(
        life.body("VM.get_other_config", vec![text(&life.vm)]).await,
        success(other_config)
    );
}

async fn size(life: &Life) {
    // Growing: the maximum first.
    let vcpus = "VCPU values must satisfy: 0 &lt; VCPUs_at_startup ≤ VCPUs_max";
    let two = || vec![text(&life.vm), number(2)];
    let refused = failure(&["INVALID_VALUE", vcpus, "2"]);
    assert_eq!(life.body("VM.set_VCPUs_at_startup", two()).await, refused);
    assert_eq!(life.body("VM.set_VCPUs_max", two()).await, success(""));
    assert_eq!(
        life.body("VM.set_VCPUs_at_startup", two()).await,
        success("")
    );
    let refused = failure(&["INVALID_VALUE", vcpus, "1"]);
    assert_eq!(
        life.body("VM.set_VCPUs_max", vec![text(&life.vm), number(1)])
            .await,
        refused
    );

    let limits = |dynamic_max: i64| {
        let two = number(2 * GIB);
        vec![
            text(&life.vm),
            number(GIB / 4),
            two.clone(),
            two,
            number(dynamic_max),
        ]
    };
    assert_eq!(
        life.body("VM.set_memory_limits", limits(3 * GIB)).await,
        failure(&["MEMORY_CONSTRAINT_VIOLATION_ORDER"])
    );
    assert_eq!(
        life.body("VM.set_memory_limits", limits(2 * GIB)).await,
        success("")
    );
    assert_eq!(
        life.body("VM.provision", vec![text(&life.vm)]).await,
        success("")
    );
    assert_eq!(
        life.body("VM.provision", vec![text(&life.vm)]).await,
        failure(&["PROVISION_ONLY_ALLOWED_ON_TEMPLATE"])
    );
}

async fn run(life: &Life) {
    assert_eq!(life.body("VM.start_on", life.start()).await, success(""));
    assert_eq!(
        life.body("VM.start_on", life.start()).await,
        failure(&["VM_BAD_POWER_STATE", &life.vm, "halted", "running"])
    );
    assert_eq!(
        life.body("VM.get_power_state", vec![text(&life.vm)]).await,
        success("Running")
    );
    assert_eq!(
        life.body("VM.get_resident_on", vec![text(&life.vm)]).await,
        success(&life.host)
    );
    let free = (30 * GIB).to_string();
    assert_eq!(
        life.body("host.compute_free_memory", vec![text(&life.host)])
            .await,
        success(&free)
    );

    let metrics = life
        .pool
        .find("VM.get_guest_metrics", &[text(&life.vm)])
        .await;
    let networks = life
        .body("VM_guest_metrics.get_networks", vec![text(&metrics)])
        .await;
    let address = member(&networks, "0/ip");
    assert!(address.parse::<std::net::Ipv4Addr>().is_ok(), "{address}");
    let expected = format!(
        "<struct><member><name>0/ip</name><value>{address}</value></member><member>\
         <name>0/ipv4/0</name><value>{address}</value></member></struct>"
    );
    assert_eq!(networks, success(&expected));
}

async fn end(life: &Life) {
    let record = life
        .pool
        .call("VM.get_record", &[text(&life.vm)])
        .await
        .unwrap();
    let disks = disks_of(&life.pool, &record).await;
    assert_eq!(disks.len(), 1);
    let in_use = life
        .pool
        .call("VDI.destroy", &[text(&disks[0])])
        .await
        .unwrap_err();
    assert_eq!(in_use, ["VDI_IN_USE", &disks[0], "destroy"]);

    assert_eq!(
        life.body("VM.clean_shutdown", vec![text(&life.vm)]).await,
        success("")
    );
    assert_eq!(
        life.body("VM.get_guest_metrics", vec![text(&life.vm)])
            .await,
        success("OpaqueRef:NULL")
    );
    assert_eq!(
        life.body("VM.destroy", vec![text(&life.vm)]).await,
        success("")
    );
    let gone = failure(&["HANDLE_INVALID", "VM", &life.vm]);
    assert_eq!(
        life.body("VM.get_power_state", vec![text(&life.vm)]).await,
        gone
    );
    let gone = failure(&["UUID_INVALID", "VM", &life.uuid]);
    assert_eq!(
        life.body("VM.get_by_uuid", vec![text(&life.uuid)]).await,
        gone
    );
    // The disk outlives its VM.
    assert_eq!(
        life.body("VDI.get_VBDs", vec![text(&disks[0])]).await,
        success(EMPTY_SET)
    );
    assert_eq!(
        life.body("VDI.destroy", vec![text(&disks[0])]).await,
        success("")
    );
}

const EMPTY_SET: &str = "<array><data></data></array>";

/// The disks of a VM's record: its devices of the type Disk that hold one.
async fn disks_of(pool: &Pool, record: &str) -> Vec<String> {
    let mut disks = Vec::new();
    for vbd in references(&member(record, "VBDs")) {
        let vbd = pool.call("VBD.get_record", &[text(&vbd)]).await.unwrap();
        if member(&vbd, "type") == "Disk" {
            disks.extend(references(&member(&vbd, "VDI")));
        }
    }
    disks
}

/// The journal has every operation in order, refused ones too, each with what the VM was tagged
/// with.
async fn tells_the_life(pool: &Pool, vm: &str, template: &str) {
    let journal = pool.journal().await;
    let told: Vec<String> = journal
        .iter()
        .map(|entry| {
            let operation = entry["operation"].as_str().unwrap();
            format!("{operation} {}", entry["outcome"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            "VM.clone ok",
            "VM.start_on VM_IS_TEMPLATE",
            "VM.add_to_other_config ok",
            "VM.add_to_other_config MAP_DUPLICATE_KEY",
            "VM.set_VCPUs_at_startup INVALID_VALUE",
            "VM.set_VCPUs_max ok",
            "VM.set_VCPUs_at_startup ok",
            "VM.set_VCPUs_max INVALID_VALUE",
            "VM.set_memory_limits MEMORY_CONSTRAINT_VIOLATION_ORDER",
            "VM.set_memory_limits ok",
            "VM.provision ok",
            "VM.provision PROVISION_ONLY_ALLOWED_ON_TEMPLATE",
            "VM.start_on ok",
            "VM.start_on VM_BAD_POWER_STATE",
            "VDI.destroy VDI_IN_USE",
            "VM.clean_shutdown ok",
            "VM.destroy ok",
            "VDI.destroy ok",
        ]
    );
    let sequences: Vec<u64> = journal
        .iter()
        .map(|e| e["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, (1..=18).collect::<Vec<u64>>());
    assert_eq!(
        (&journal[0]["ref"], &journal[0]["source"]),
        (&vm.into(), &template.into())
    );
    let start = &journal[12];
    assert_eq!(start["ref"], vm);
    assert_eq!(start["host"], "node-2");
    assert_eq!(start["power_state"], "Running");
    assert_eq!(start["other_config"]["openpex:instance"], "i-42");
    assert_eq!(start["at_ms"], START.0);
    assert_eq!(journal[15]["host"], "node-2", "where it was shut down");
    assert_eq!(
        journal[16]["other_config"]["openpex:instance"], "i-42",
        "even when it is gone"
    );
    let (_, page) = pool.control("GET", "/journal?after=16&limit=1", "").await;
    assert_eq!(page["entries"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&page["entries"][0]["sequence"], &page["last"]),
        (&17.into(), &18.into())
    );
}
