//! The headers and query parameters that many endpoints share, described once.
//!
//! Schemas only: what is read, and how, is `http::request`'s.
#![expect(dead_code, reason = "these types are described, never made")]

use utoipa::IntoParams;

/// Of every POST and PUT, and taken by every DELETE.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct RepeatHeader {
    /// 1 to 255 visible ASCII characters of the client's choice. The same request under the same key is
    /// answered the same, however late, and takes effect once; another request under it is 422.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 1,
        max_length = 255
    )]
    idempotency_key: String,
}

/// Of every request that changes something which has an entity tag.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct MatchHeader {
    /// The `ETag` of an earlier answer, or `*`; 412 where it has changed since.
    #[param(rename = "If-Match", required = false)]
    if_match: String,
}

/// Of every read of something which has an entity tag.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct NoneMatchHeader {
    /// The `ETag` of an earlier answer; 304 where nothing has changed since.
    #[param(rename = "If-None-Match", required = false)]
    if_none_match: String,
}

/// Of every list that is paged.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most entries of this part; 50 where it is left out.
    #[param(required = false, minimum = 1, maximum = 200)]
    limit: u32,
    /// Where this part begins: from the `Link` header of the part before it (`rel="next"`).
    #[param(required = false)]
    cursor: String,
}

/// Of lists of what has a status, a window and a template.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WindowQuery {
    /// Only what ends after this instant (RFC 3339 or RFC 1123).
    #[param(required = false)]
    from: String,
    /// Only what starts before this instant (RFC 3339 or RFC 1123).
    #[param(required = false)]
    to: String,
    /// Only this template.
    #[param(required = false)]
    template: String,
}

/// Of lists that can be asked for one user's, and for a table.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OwnerQuery {
    /// Only this user's.
    #[param(required = false)]
    userid: i64,
    /// `csv` for a table as text/csv, `json` otherwise; goes before `Accept`.
    #[param(required = false)]
    format: String,
}

/// Of statistics over time.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StepsQuery {
    /// RFC 3339 or RFC 1123; a week before `to` where it is left out
    from: Option<String>,
    /// RFC 3339 or RFC 1123; now where it is left out
    to: Option<String>,
    /// In milliseconds; an hour where it is left out
    step: Option<i64>,
}

/// Of the list of reservations.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReservationsQuery {
    /// Only this instance type.
    #[param(required = false)]
    r#type: String,
    /// Only occurrences of this series.
    #[param(required = false, format = Uuid)]
    series: String,
}

/// Of the list of instances.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InstancesQuery {
    /// Only of this reservation.
    #[param(required = false, format = Uuid)]
    reservation: String,
    /// Only on this node.
    #[param(required = false)]
    node: String,
    /// Only those for which something could not be done, and an operator has to look.
    #[param(required = false)]
    stuck: bool,
    /// Also those whose virtual machine is gone.
    #[param(required = false)]
    removed: bool,
}

/// Of reads of what has a past.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// As it stood then: a position of the ledger, or an instant (RFC 3339 or RFC 1123).
    #[param(required = false)]
    as_of: String,
}

/// Of the stream of events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// The position up to which the client has been told; from now on where it is left out.
    #[param(required = false)]
    after: u64,
    /// Only what is about this reservation: it, its instances, and entries of the account for it.
    #[param(required = false, format = Uuid)]
    reservation: String,
}
