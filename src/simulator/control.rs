//! `/_sim`: what tests read and do behind the XenAPI's back. JSON, without a session.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State, rejection::QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::core::Core;
use super::faults::{Fault, FaultError, FaultRequest};
use super::handle::Handle;
use super::options::JOURNAL_PAGE;
use super::state::State as PoolState;
use super::state::vm::Vm;

/// The routes below `/_sim`.
pub(super) fn router() -> Router<Arc<Core>> {
    Router::new()
        .route("/journal", get(journal))
        .route("/state", get(state))
        .route("/calls", get(count_calls))
        .route(
            "/faults",
            get(count_faults).post(plant_fault).delete(clear_faults),
        )
        .route("/vms/{uuid}/crash", post(crash))
        .route("/vms/{uuid}/power-off", post(power_off))
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, "there is no such control") })
}

fn refusal(status: StatusCode, reason: impl ToString) -> Response {
    (status, Json(json!({"error": reason.to_string()}))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    limit: Option<usize>,
}

/// Entries after a sequence, oldest first; `last` is the newest there is, so a reader knows whether
/// to ask again.
async fn journal(
    State(core): State<Arc<Core>>,
    query: Result<Query<JournalQuery>, QueryRejection>,
) -> Response {
    let Query(query) = match query {
        Ok(query) => query,
        Err(rejection) => return refusal(StatusCode::BAD_REQUEST, rejection),
    };
    let most = query.limit.unwrap_or(JOURNAL_PAGE).min(JOURNAL_PAGE);
    let inner = core.lock();
    let entries = inner.journal.page(query.after, most);
    Json(json!({"entries": entries, "last": inner.journal.last_sequence()})).into_response()
}

/// How many calls of XenAPI came in since the pool started, those that only look among them.
async fn count_calls(State(core): State<Arc<Core>>) -> Json<Value> {
    Json(json!({"calls": core.calls_so_far()}))
}

async fn state(State(core): State<Arc<Core>>) -> Json<Value> {
    let now = core.now();
    let inner = core.lock();
    let state = &inner.state;
    let mut hosts: Vec<Value> = state
        .hosts
        .iter()
        .map(|host| {
            json!({
                "ref": host.handle.to_string(),
                "uuid": host.handle.uuid(),
                "name": host.name_label,
                "live": host.live,
                "enabled": host.enabled,
                "vcpus": host.vcpus,
                "memory_bytes": host.memory,
                "free_memory_bytes": state.free_memory(host.handle, Handle::NULL),
                "disk_bytes": state.srs.find(host.local_sr).map(|sr| sr.physical_size),
            })
        })
        .collect();
    let mut vms: Vec<Value> = state
        .vms
        .iter()
        .map(|vm| show_vm(state, vm, vm.has_tools(now)))
        .collect();
    let disks: Vec<Value> = state
        .vdis
        .iter()
        .map(|vdi| {
            let vbds = vdi.vbds.iter().filter_map(|vbd| state.vbds.find(*vbd));
            let vms = vbds.filter_map(|vbd| state.vms.find(vbd.vm));
            json!({
                "ref": vdi.handle.to_string(),
                "uuid": vdi.handle.uuid(),
                "name": vdi.name_label,
                "bytes": vdi.virtual_size,
                "vms": vms.map(|vm| vm.handle.uuid()).collect::<Vec<_>>(),
            })
        })
        .collect();
    for listed in [&mut hosts, &mut vms] {
        listed.sort_by_cached_key(|item| item["name"].as_str().map(str::to_owned));
    }
    Json(json!({"hosts": hosts, "vms": vms, "disks": disks}))
}

fn show_vm(state: &PoolState, vm: &Vm, has_tools: bool) -> Value {
    let host = state
        .hosts
        .find(vm.resident_on())
        .map(|host| host.name_label.as_str());
    let in_progress: Vec<&str> = vm
        .in_progress
        .iter()
        .map(|op| op.operation.name())
        .collect();
    json!({
        "ref": vm.handle.to_string(),
        "uuid": vm.handle.uuid(),
        "name": vm.name_label,
        "power_state": vm.power.state().name(),
        "host": host,
        "is_a_template": vm.is_a_template(),
        "is_a_snapshot": vm.is_a_snapshot(),
        "memory_bytes": vm.memory.static_max,
        "vcpus": vm.vcpus_at_startup,
        "ip": has_tools.then(|| vm.ipv4()),
        "other_config": vm.other_config,
        "in_progress": in_progress,
    })
}

/// Plants a fault; 201 for a rule, 200 for what has happened at once.
async fn plant_fault(State(core): State<Arc<Core>>, body: Bytes) -> Response {
    let fault = match serde_json::from_slice::<FaultRequest>(&body) {
        Ok(request) => Fault::try_from(request),
        Err(error) => return refusal(StatusCode::BAD_REQUEST, error),
    };
    match fault.and_then(|fault| core.plant(fault)) {
        Ok(true) => (
            StatusCode::CREATED,
            Json(json!({"rules": core.faults().count()})),
        )
            .into_response(),
        Ok(false) => Json(json!({"rules": core.faults().count()})).into_response(),
        Err(error @ FaultError::TooMany(_)) => refusal(StatusCode::CONFLICT, error),
        Err(error) => refusal(StatusCode::BAD_REQUEST, error),
    }
}

async fn count_faults(State(core): State<Arc<Core>>) -> Json<Value> {
    Json(json!({"rules": core.faults().count()}))
}

async fn clear_faults(State(core): State<Arc<Core>>) -> StatusCode {
    core.faults().clear();
    StatusCode::NO_CONTENT
}

async fn crash(State(core): State<Arc<Core>>, Path(uuid): Path<String>) -> Response {
    stop_guest(&core, &uuid, "guest.crash")
}

async fn power_off(State(core): State<Arc<Core>>, Path(uuid): Path<String>) -> Response {
    stop_guest(&core, &uuid, "guest.power_off")
}

fn stop_guest(core: &Core, uuid: &str, operation: &str) -> Response {
    let Ok(uuid) = Uuid::try_parse(uuid) else {
        return refusal(StatusCode::BAD_REQUEST, "that is no UUID");
    };
    match core.stop_guest(Handle::of_uuid(uuid), operation) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) if failure.code == "HANDLE_INVALID" => {
            refusal(StatusCode::NOT_FOUND, "no VM has that UUID")
        }
        Err(failure) => refusal(StatusCode::CONFLICT, failure),
    }
}
