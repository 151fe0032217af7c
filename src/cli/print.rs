//! The one place that writes to standard output.

use std::fmt::Display;
use std::io::Write;

/// Prints a line for whoever typed the command, at once.
pub fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    // Whoever closed standard output does not want to read it.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
