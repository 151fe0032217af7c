//! Answers as CSV (RFC 4180): whether a client wants them, and their form.

use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// A table in the making: the first line names the columns.
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
    /// With these columns.
    #[must_use]
    pub fn of(columns: &[&str]) -> Self {
        let mut csv = Self {
            text: String::new(),
        };
        csv.push(columns);
        csv
    }

    /// One line more.
    pub fn push<C: AsRef<str>>(&mut self, cells: &[C]) {
        for (n, cell) in cells.iter().enumerate() {
            if n > 0 {
                self.text.push(',');
            }
            self.push_cell(cell.as_ref());
        }
        self.text.push_str("\r\n");
    }

    fn push_cell(&mut self, cell: &str) {
        if cell.contains(['"', ',', '\r', '\n']) {
            let quoted = cell.replace('"', "\"\"");
            self.text.push('"');
            self.text.push_str(&quoted);
            self.text.push('"');
        } else {
            self.text.push_str(cell);
        }
    }

    /// The answer, to be saved as `name`.
    #[must_use]
    pub fn into_answer(self, name: &'static str) -> Response {
        let content_type = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
        let mut answer =
            (StatusCode::OK, [(CONTENT_TYPE, content_type)], self.text).into_response();
        if let Ok(saved) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            answer.headers_mut().insert(CONTENT_DISPOSITION, saved);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_need_quotes_have_them() {
        let mut csv = Csv::of(&["a", "b"]);
        csv.push(&["1,5", "say \"no\""]);
        csv.push(&["two\nlines", ""]);
        assert_eq!(
            csv.text,
            "a,b\r\n\"1,5\",\"say \"\"no\"\"\"\r\n\"two\nlines\",\r\n"
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
