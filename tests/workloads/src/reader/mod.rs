//! Reads workload traces: the Standard Workload Format, Haizea's leases, and comma-separated
//! advance reservations.
//!
//! Owns the line reading, its limits, and the errors, which name file, line, field and what was
//! expected there. One line is in memory at a time. Must never guess: a line is a comment or
//! blank, or a request, or one that its form says to leave out (counted), or an error.

mod csv;
mod lwf;
mod record;
mod swf;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

pub use swf::{AsReservations, SwfJob};

use crate::Request;

/// Longest line that is read, in bytes, its end included.
pub const MAX_LINE_BYTES: usize = 4_096;

/// Latest instant and longest duration, in seconds: three hundred years, Unix time included.
pub const MAX_SECONDS: i64 = 300 * 366 * 86_400;

/// Most instances, or processors, of one request.
pub const MAX_INSTANCES: i64 = 1_000_000;

/// Most vCPUs, MiB, MB or kB of one instance.
pub const MAX_AMOUNT: i64 = 1 << 40;

/// How many milliseconds a second has.
pub const SECOND_MS: i64 = 1_000;

/// Why a trace cannot be read on.
#[derive(Debug, thiserror::Error)]
#[error("{file}, line {line}: {problem}")]
pub struct TraceError {
    /// The trace, as it was named.
    pub file: String,
    /// The line, from 1 on; 0 where the file could not be opened.
    pub line: u64,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// No form is known by this name ending.
    #[error("the name ends in {found:?}, expected swf, lwf or csv")]
    UnknownForm {
        /// How the name ends.
        found: String,
    },
    /// The line is longer than [`MAX_LINE_BYTES`].
    #[error("expected a line of at most {MAX_LINE_BYTES} bytes")]
    LineTooLong,
    /// The line is not UTF-8.
    #[error("expected text in UTF-8")]
    NotText,
    /// The first line of a `.csv` is another one.
    #[error("the header is {found:?}, expected {expected:?}")]
    Header {
        /// What is there.
        found: String,
        /// What should be.
        expected: String,
    },
    /// The line ends before a field.
    #[error("field {column} ({field}) is missing, expected {expected} fields")]
    MissingField {
        /// The first field that is missing.
        field: &'static str,
        /// Its number, from 1 on.
        column: usize,
        /// How many fields a line has.
        expected: usize,
    },
    /// The line goes on after its last field.
    #[error("unexpected {found:?} after the last of {expected} fields")]
    ExtraField {
        /// What is there.
        found: String,
        /// How many fields a line has.
        expected: usize,
    },
    /// A field is not the number that belongs there.
    #[error("field {column} ({field}) is {found:?}, expected {expected} from {least} to {most}")]
    Number {
        /// The field.
        field: &'static str,
        /// Its number, from 1 on.
        column: usize,
        /// What is there.
        found: String,
        /// The kind of number.
        expected: &'static str,
        /// The smallest that may be there.
        least: i64,
        /// The largest that may be there.
        most: i64,
    },
}

/// What a trace looks like.
#[derive(Clone, Debug)]
pub enum Form {
    /// Standard Workload Format, whose jobs become reservations.
    Swf(AsReservations),
    /// Haizea's advance-reservation leases.
    Lwf,
    /// Comma-separated advance reservations with a header.
    Csv,
}

/// The requests of a trace, in the order of its lines; ends after the first error.
#[derive(Debug)]
pub struct Requests<R> {
    file: String,
    input: R,
    form: Form,
    line: u64,
    buffer: Vec<u8>,
    header_read: bool,
    left_out: u64,
    over: bool,
}

/// Opens the trace at `path`, the form of which its name's ending tells; `jobs` says how the jobs
/// of a `.swf` become reservations.
///
/// # Errors
/// [`Problem::UnknownForm`], [`Problem::Unreadable`].
pub fn open(path: &Path, jobs: AsReservations) -> Result<Requests<BufReader<File>>, TraceError> {
    let file = path.display().to_string();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let form = match &*ending {
        "swf" => Form::Swf(jobs),
        "lwf" => Form::Lwf,
        "csv" => Form::Csv,
        other => {
            let found = other.to_owned();
            let problem = Problem::UnknownForm { found };
            return Err(TraceError {
                file,
                line: 0,
                problem,
            });
        }
    };
    match File::open(path) {
        Ok(input) => Ok(Requests::new(file, BufReader::new(input), form)),
        Err(error) => {
            let problem = Problem::Unreadable(error.kind());
            Err(TraceError {
                file,
                line: 0,
                problem,
            })
        }
    }
}

impl<R: BufRead> Requests<R> {
    /// The requests that `input` holds in `form`; errors call it `file`.
    pub const fn new(file: String, input: R, form: Form) -> Self {
        Self {
            file,
            input,
            form,
            line: 0,
            buffer: Vec::new(),
            header_read: false,
            left_out: 0,
            over: false,
        }
    }

    /// How many lines so far were jobs that cannot be reservations.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Reads the next line that says something; `false` at the end.
    fn read_line(&mut self) -> Result<bool, Problem> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let mut bounded = self.input.by_ref().take(MAX_LINE_BYTES as u64 + 1);
            let read = bounded
                .read_until(b'\n', &mut self.buffer)
                .map_err(|error| Problem::Unreadable(error.kind()))?;
            if read > MAX_LINE_BYTES {
                return Err(Problem::LineTooLong);
            }
            let says_something = match self.buffer.trim_ascii().first() {
                Some(b';') => !matches!(self.form, Form::Swf(_)),
                Some(_) => true,
                None => false,
            };
            if read == 0 || says_something {
                return Ok(read > 0);
            }
        }
    }

    /// The request of the next line that holds one; `None` at the end.
    fn read_request(&mut self) -> Result<Option<Request>, Problem> {
        while self.read_line()? {
            let text = str::from_utf8(self.buffer.trim_ascii()).map_err(|_| Problem::NotText)?;
            let request = match &self.form {
                Form::Swf(jobs) => jobs.request_for(&SwfJob::parse(text)?),
                Form::Lwf => Some(lwf::parse(text, self.line)?),
                Form::Csv if self.header_read => Some(csv::parse(text, self.line)?),
                Form::Csv => {
                    csv::expect_header(text)?;
                    self.header_read = true;
                    continue;
                }
            };
            if request.is_some() {
                return Ok(request);
            }
            self.left_out += 1;
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Requests<R> {
    type Item = Result<Request, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let read = self.read_request();
        self.over = !matches!(read, Ok(Some(_)));
        read.transpose().map(|read| {
            read.map_err(|problem| TraceError {
                file: self.file.clone(),
                line: self.line,
                problem,
            })
        })
    }
}
