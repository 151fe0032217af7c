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
