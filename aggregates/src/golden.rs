//! Generated sections of `aggregates/README.md`, compared with what the code says.
//!
//! `UPDATE_GOLDEN=1 cargo test -p openpex-aggregates --lib golden` writes them anew.

use std::path::Path;
use std::sync::Mutex;

/// Names the variable that makes the tests write instead of compare.
const UPDATE: &str = "UPDATE_GOLDEN";

/// Sections are written one after the other, though tests run side by side.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares the section `name` of the README with `text`, or writes it.
pub fn check_section(name: &str, text: &str) {
    let _one_at_a_time = WRITING.lock();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (
        format!("<!-- begin {name} -->\n"),
        format!("<!-- end {name} -->"),
    );
    let (before, rest) = readme.split_once(&begin).expect("the begin marker");
    let (section, after) = rest.split_once(&end).expect("the end marker");
    if section == text {
        return;
    }
    assert!(
        std::env::var_os(UPDATE).is_some(),
        "README's section {name:?} is not what the code does; \
         look at the difference and run again with {UPDATE}=1.\nnow:\n{text}"
    );
    std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).unwrap();
}

/// A table in Markdown, its columns padded so that it reads as text, too.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(header[column].chars().count())
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let header: Vec<String> = header.iter().map(ToString::to_string).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("\n{}{}{rows}\n", line(&header), line(&rule))
}
