//! What the simulated pool noted by itself, read outside of the XenAPI.

use std::collections::BTreeMap;

use serde_json::Value;

use super::client::http;

/// How often each operation had an effect, by the instance whose VM it was done to.
pub type Done = BTreeMap<String, BTreeMap<String, u32>>;

/// Reads the whole journal and counts what succeeded for each instance of ours.
pub async fn read(sim: &str) -> Done {
    let (mut done, mut after) = (Done::new(), 0);
    loop {
        let page = get(&format!("{sim}/_sim/journal?after={after}")).await;
        let entries = page
            .as_array()
            .cloned()
            .or_else(|| page["entries"].as_array().cloned());
        let entries = entries.expect("the journal is a list");
        if entries.is_empty() {
            return done;
        }
        for entry in entries {
            after = entry["sequence"]
                .as_u64()
                .expect("entries are numbered")
                .max(after);
            if entry["outcome"] != "ok" {
                continue;
            }
            let operation = entry["operation"]
                .as_str()
                .expect("operations have names")
                .to_owned();
            if let Some(instance) = instance_of(&entry) {
                *done
                    .entry(instance)
                    .or_default()
                    .entry(operation)
                    .or_default() += 1;
            }
        }
    }
}

/// The VMs of ours that the pool holds now.
pub async fn vms(sim: &str) -> Vec<Value> {
    let state = get(&format!("{sim}/_sim/state")).await;
    let vms = state["vms"]
        .as_array()
        .cloned()
        .expect("the state lists VMs");
    vms.into_iter()
        .filter(|vm| instance_of(vm).is_some())
        .collect()
}

/// The instance a VM is of: by its tag, or, as long as it has none, by the id in its label.
fn instance_of(entry: &Value) -> Option<String> {
    let tag = entry["other_config"]["openpex:instance"]
        .as_str()
        .map(str::to_owned);
    tag.or_else(|| {
        let (_, id) = entry["name"].as_str()?.split_once("(openpex ")?;
        Some(id.trim_end_matches(')').to_owned())
    })
}

async fn get(url: &str) -> Value {
    let response = http().get(url).send().await.expect("the simulator answers");
    let text = response.text().await.expect("the simulator answers whole");
    serde_json::from_str(&text).expect("the simulator answers JSON")
}
