//! The pool's HTTP side: XML-RPC on every path, JSON-RPC on `/jsonrpc`, control on `/_sim`.
//!
//! Owns how calls come in and replies go out, and the loss of replies. A call's effect runs in a
//! task that the client cannot cancel by going away.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{any, post};
use tokio::net::TcpListener;

use super::connection::{Cut, CuttableListener};
use super::core::Core;
use super::faults::ReplyLoss;
use super::options::{MAX_BODY_BYTES, STOP_GRACE};
use super::value::{Failure, XenValue};
use super::xml::Request;
use super::{control, json, xml};

/// Serves the pool until its token is cancelled; calls under way get `STOP_GRACE` to end.
pub(super) async fn serve(core: Arc<Core>, listener: TcpListener) -> io::Result<()> {
    let stop = core.stop.clone();
    core.tracker.spawn(Arc::clone(&core).watch_boots());
    let app = router(&core).into_make_service_with_connect_info::<Cut>();
    let server = axum::serve(CuttableListener(listener), app)
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_GRACE).await;
    };
    let served = tokio::select! {
        served = server.into_future() => served,
        () = overdue => Ok(()),
    };
    core.tracker.close();
    let _ = tokio::time::timeout(STOP_GRACE, core.tracker.wait()).await;
    served
}

fn router(core: &Arc<Core>) -> Router {
    let mut router = Router::new()
        .route("/jsonrpc", post(json_rpc))
        .route("/jsonrpc/{*rest}", post(json_rpc))
        .route("/json", post(json_rpc));
    if core.options.control {
        router = router.nest("/_sim", control::router());
    }
    router
        .fallback(any(xml_rpc))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::clone(core))
}

use std::future::IntoFuture as _;

async fn xml_rpc(
    State(core): State<Arc<Core>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    method: Method,
    body: Bytes,
) -> Response {
    if method != Method::POST {
        return html(
            StatusCode::METHOD_NOT_ALLOWED,
            "XenAPI calls are sent with POST",
        );
    }
    let request = match xml::read_call(&body) {
        Ok(request) => request,
        Err(malformed) => {
            return html(StatusCode::INTERNAL_SERVER_ERROR, &malformed.to_string());
        }
    };
    let bare = request.method == "system.listMethods";
    answer(core, cut, request, |outcome| match &outcome {
        Ok(names) if bare => reply("text/xml", xml::write_bare_reply(names)),
        _ => reply("text/xml", xml::write_reply(&outcome)),
    })
    .await
}

async fn json_rpc(
    State(core): State<Arc<Core>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    body: Bytes,
) -> Response {
    let (request, envelope) = match json::read_call(&body) {
        Ok(read) => read,
        Err(malformed) => {
            return html(StatusCode::INTERNAL_SERVER_ERROR, &malformed.to_string());
        }
    };
    answer(core, cut, request, |outcome| {
        reply("application/json", envelope.write_reply(&outcome))
    })
    .await
}

async fn answer(
    core: Arc<Core>,
    cut: Cut,
    request: Request,
    write: impl FnOnce(Result<XenValue, Failure>) -> Response,
) -> Response {
    let plan = core.faults().plan(&request.method);
    let loss = plan.loss;
    if loss == Some(ReplyLoss::BeforeEffect) {
        tokio::time::sleep(plan.call.latency).await;
        return lose(&cut);
    }
    // Waiting for events has no effect: it ends with its client.
    let waits = request.method == "event.from";
    let work = Arc::clone(&core).answer(request, plan);
    let outcome = if waits {
        Ok(work.await)
    } else {
        undeterred(&core, work).await
    };
    if loss == Some(ReplyLoss::AfterEffect) {
        return lose(&cut);
    }
    match outcome {
        Ok(outcome) => write(outcome),
        Err(reason) => html(StatusCode::INTERNAL_SERVER_ERROR, &reason),
    }
}

/// Runs `work` to its end even if the client goes away, which drops the future that waits here.
async fn undeterred<T: Send + 'static>(
    core: &Core,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, String> {
    core.tracker
        .spawn(work)
        .await
        .map_err(|error| error.to_string())
}

/// Closes the connection; what is given back is never written.
fn lose(cut: &Cut) -> Response {
    cut.now();
    Response::new(Body::empty())
}

fn reply(content_type: &'static str, body: String) -> Response {
    build(StatusCode::OK, content_type, body)
}

/// xapi answers in HTML what it cannot answer in the envelope.
fn html(status: StatusCode, reason: &str) -> Response {
    build(
        status,
        "text/html",
        format!("<html><body><h1>{status}</h1>{reason}</body></html>"),
    )
}

fn build(status: StatusCode, content_type: &'static str, body: String) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .body(Body::from(body))
        .expect("invariant: the status and both headers are valid")
}
