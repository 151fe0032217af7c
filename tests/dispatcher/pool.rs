//! A simulated pool of its own for each test, seen from the side: over its own journal, and by
//! calls that go past the dispatcher.

use std::sync::Arc;
use std::time::Duration;

use openpex::clock::SystemClock;
use openpex::dispatcher::EffectOrder;
use openpex::dispatcher::xen::{Secret, XenDispatcher, XenOptions, XenTimeouts};
use openpex::simulator::{PoolOptions, SimulatedPool};
use openpex_aggregates::instance::{Effect, InstanceSpec};
use openpex_aggregates::{InstanceId, NodeName, ReservationId, Resources};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::gate::http_client;

pub const TEMPLATE: &str = "PEX Debian Etch 4.0 Template";
const PASSWORD: &str = "openpex";

/// A simulated pool of four hosts.
pub struct Pool {
    pub url: String,
    session: String,
    client: reqwest::Client,
    _server: JoinSet<()>,
}

/// One line of the pool's own journal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    pub sequence: u64,
    pub operation: String,
    pub outcome: String,
    pub uuid: String,
    pub name: String,
    #[serde(default)]
    pub host: Option<String>,
}

/// The order of `effect` for the instance of that number, on `node-1`; each effect is an intent of
/// its own.
pub fn order(number: u64, effect: Effect) -> EffectOrder {
    EffectOrder {
        effect,
        spec: InstanceSpec {
            instance_id: InstanceId(Uuid::from_u128(0xa11 + u128::from(number))),
            reservation_id: ReservationId(Uuid::from_u128(0xb22)),
            name: format!("pex-test-{number}"),
            template: TEMPLATE.to_owned(),
            size: Resources {
                vcpus: 4,
                memory_mib: 3 << 10,
                // More than the template's disk has.
                disk_gib: 12,
            },
            node: NodeName("node-1".to_owned()),
        },
        effect_id: number * 10 + effect as u64,
    }
}

/// What the dispatcher calls the instance's VM.
pub fn label(spec: &InstanceSpec) -> String {
    format!("{} (openpex {})", spec.name, spec.instance_id)
}

/// A dispatcher for whatever answers at `url`.
pub fn dispatcher_at(url: &str, guest_grace: Duration) -> XenDispatcher {
    dispatcher_with(
        url,
        XenTimeouts {
            guest_grace,
            ..XenTimeouts::default()
        },
    )
}

/// A dispatcher that waits only so long.
pub fn dispatcher_with(url: &str, timeouts: XenTimeouts) -> XenDispatcher {
    let options = XenOptions {
        url: url.to_owned(),
        user: "root".to_owned(),
        password: Secret::new(PASSWORD),
        ca_file: None,
        timeouts,
    };
    XenDispatcher::new(options).unwrap()
}

impl Pool {
    pub async fn new() -> Self {
        let options = PoolOptions {
            password: PASSWORD.to_owned(),
            ..PoolOptions::default()
        };
        let stop = CancellationToken::new();
        let pool = SimulatedPool::new(options, Arc::new(SystemClock), stop).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { pool.serve(listener).await.unwrap() });
        let mut pool = Self {
            url,
            session: String::new(),
            client: http_client(),
            _server: server,
        };
        let log_in = ["root", PASSWORD].into_iter();
        pool.session = pool.send("session.login_with_password", log_in).await;
        pool
    }

    /// A new dispatcher, as another process would have.
    pub fn dispatcher(&self) -> XenDispatcher {
        dispatcher_at(&self.url, Duration::from_secs(5))
    }

    /// What was done to the pool.
    pub async fn journal(&self) -> Vec<Entry> {
        #[derive(Deserialize)]
        struct Page {
            entries: Vec<Entry>,
        }
        let url = format!("{}/_sim/journal", self.url);
        let page: Page = self
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        page.entries
    }

    /// The entries of `operation` that had their effect.
    pub async fn done(&self, operation: &str) -> Vec<Entry> {
        let mut entries = self.journal().await;
        entries.retain(|entry| entry.operation == operation && entry.outcome == "ok");
        entries
    }

    /// How often each of `operations` had its effect.
    pub async fn counts<const N: usize>(&self, operations: &[&str; N]) -> [usize; N] {
        let journal = self.journal().await;
        operations.map(|operation| {
            let done = |e: &&Entry| e.operation == operation && e.outcome == "ok";
            journal.iter().filter(done).count()
        })
    }

    /// Calls `method` with values as they stand inside of `<value>` and gives the inside of the answer's value as it came.
    pub async fn call(&self, method: &str, args: &[&str]) -> String {
        let session = [self.session.as_str()];
        self.send(method, session.iter().chain(args).copied()).await
    }

    async fn send<'a>(&self, method: &str, values: impl Iterator<Item = &'a str>) -> String {
        let params: String = values
            .map(|value| format!("<param><value>{value}</value></param>"))
            .collect();
        let body = format!(
            "<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName>\
             <params>{params}</params></methodCall>"
        );
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "text/xml");
        let reply = request
            .body(body)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(
            reply.contains("<value>Success</value>"),
            "{method}: {reply}"
        );
        let (_, value) = reply.split_once("<name>Value</name><value>").unwrap();
        value
            .rsplit_once("</value></member></struct>")
            .unwrap()
            .0
            .to_owned()
    }

    /// Attaches a disk to a halted VM.
    pub async fn attach(&self, vm: &str, disk: &str) {
        let member = |name: &str, value: &str| {
            format!("<member><name>{name}</name><value>{value}</value></member>")
        };
        let fields = [
            member("VM", vm),
            member("VDI", disk),
            member("userdevice", "7"),
            member("bootable", "<boolean>0</boolean>"),
            member("mode", "RW"),
            member("type", "Disk"),
            member("other_config", "<struct></struct>"),
        ];
        let record = format!("<struct>{}</struct>", fields.concat());
        self.call("VBD.create", &[&record]).await;
    }

    /// The disk of a VM that has one.
    pub async fn disk_of(&self, vm: &str) -> String {
        let device = references(&self.get(vm, "VBDs").await).remove(0);
        self.call("VBD.get_VDI", &[&device]).await
    }

    /// Makes every call of `method` take that long.
    pub async fn slow_down(&self, method: &str, ms: u64) {
        let fault = serde_json::json!({"kind": "latency", "method": method, "ms": ms});
        let request = self
            .client
            .post(format!("{}/_sim/faults", self.url))
            .json(&fault);
        assert!(request.send().await.unwrap().status().is_success());
    }

    /// A field of a VM, as it came.
    pub async fn get(&self, vm: &str, field: &str) -> String {
        self.call(&format!("VM.get_{field}"), &[vm]).await
    }

    /// References of the VMs, templates and snapshots that are called so.
    pub async fn vms_called(&self, name: &str) -> Vec<String> {
        references(&self.call("VM.get_by_name_label", &[name]).await)
    }

    /// References of the hosts that are called so.
    pub async fn hosts_called(&self, name: &str) -> Vec<String> {
        references(&self.call("host.get_by_name_label", &[name]).await)
    }

    /// The only VM of an instance.
    pub async fn only_vm(&self, spec: &InstanceSpec) -> String {
        let vms = self.vms_called(&label(spec)).await;
        assert_eq!(vms.len(), 1, "{vms:?}");
        vms.into_iter().next().unwrap()
    }

    /// A clone of the template, as a call that was given up leaves it behind.
    pub async fn clone_template(&self, name: &str) -> String {
        let template = self.vms_called(TEMPLATE).await.remove(0);
        self.call("VM.clone", &[&template, name]).await
    }

    /// How many disks the pool holds.
    pub async fn disks(&self) -> usize {
        references(&self.call("VDI.get_all", &[]).await).len()
    }

    /// How many VMs and disks carry the instance's labels.
    pub async fn leftovers(&self, spec: &InstanceSpec) -> (usize, usize) {
        let disk_label = format!("disk of (openpex {})", spec.instance_id);
        let disks = self.call("VDI.get_by_name_label", &[&disk_label]).await;
        (
            self.vms_called(&label(spec)).await.len(),
            references(&disks).len(),
        )
    }
}

fn references(set: &str) -> Vec<String> {
    let parts = set.split("<value>").skip(1);
    parts
        .map(|part| part.split("</value>").next().unwrap().to_owned())
        .collect()
}
