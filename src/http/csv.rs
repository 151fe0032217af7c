//! Answers as comma-separated values (RFC 4180), for spreadsheets and scripts: whether a client wants
//! them, and their form.

use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// A table that grows row by row; each row has as many fields as the first.
#[derive(Debug)]
pub struct Csv {
    text: String,
}

/// Whether the client asks for CSV and not for JSON, which it gets where it does not say.
#[must_use]
pub fn wants_csv(headers: &HeaderMap) -> bool {
    let sent = headers.get_all(ACCEPT).iter();
    let mut types = sent
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|part| part.split(';').next().unwrap_or_default().trim());
    let named = types.find(|of| ["text/csv", "application/json", "*/*"].contains(of));
    named == Some("text/csv")
}

impl Csv {
    /// A table with these names of columns.
    #[must_use]
    pub fn with_columns(columns: &[&str]) -> Self {
        let text = String::new();
        let mut csv = Self { text };
        csv.push(columns.iter().copied());
        csv
    }

    /// Adds a row.
    pub fn push<F: AsRef<str>>(&mut self, fields: impl IntoIterator<Item = F>) {
        for (index, field) in fields.into_iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            push_field(&mut self.text, field.as_ref());
        }
        self.text.push_str("\r\n");
    }

    /// The answer; a browser keeps it in a file of this name.
    #[must_use]
    pub fn into_answer(self, file_name: &'static str) -> Response {
        let content_type = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
        let mut response =
            (StatusCode::OK, [(CONTENT_TYPE, content_type)], self.text).into_response();
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{file_name}\"")) {
            response.headers_mut().insert(CONTENT_DISPOSITION, value);
        }
        response
    }
}

fn push_field(text: &mut String, field: &str) {
    if !field.contains(['"', ',', '\r', '\n']) {
        text.push_str(field);
        return;
    }
    text.push('"');
    text.push_str(&field.replace('"', "\"\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_read_as_another_field_or_row_is_quoted() {
        let mut csv = Csv::with_columns(&["a", "b"]);
        csv.push(["x,y", "say \"no\""]);
        csv.push(["", "two\nlines"]);
        assert_eq!(
            csv.text,
            "a,b\r\n\"x,y\",\"say \"\"no\"\"\"\r\n,\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn csv_is_for_those_who_name_it_first() {
        for (accept, wanted) in [
            ("text/csv", true),
            ("text/html, text/csv;q=0.9", true),
            ("application/json, text/csv", false),
            ("*/*", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_csv(&headers), wanted, "{accept}");
        }
    }
}
