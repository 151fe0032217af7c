//! Tables for a reader: nodes down, windows across, and how the median grows along a row.

use std::collections::BTreeMap;

use crate::timing::{Figures, Nanos, times};

/// One figure of ours, and the naive scan's median for the same questions.
pub struct Cell {
    pub ours: Figures,
    pub naive: Naive,
}

#[derive(Clone, Copy)]
pub enum Naive {
    Median(f64),
    /// Cut off after the budget.
    TooSlow,
    NotAsked,
}

/// By nodes and windows.
type Cells = BTreeMap<(usize, usize), Cell>;

/// Rows of the growth tables, by kind of question, in the order in which kinds first came.
#[derive(Default)]
pub struct Results {
    kinds: Vec<(String, Cells)>,
    bytes: BTreeMap<(usize, usize), (f64, f64)>,
}

pub fn short(number: usize) -> String {
    match number {
        n if n >= 1_000_000 => format!("{}M", n / 1_000_000),
        n if n >= 1_000 => format!("{}k", n / 1_000),
        n => n.to_string(),
    }
}

impl Results {
    pub fn put(&mut self, kind: &str, place: (usize, usize), cell: Cell) {
        let index = self.kinds.iter().position(|(name, _)| name == kind);
        let index = index.unwrap_or_else(|| {
            self.kinds.push((kind.to_owned(), BTreeMap::new()));
            self.kinds.len() - 1
        });
        self.kinds[index].1.insert(place, cell);
    }

    pub fn put_bytes(&mut self, place: (usize, usize), each: f64, boundaries_each: f64) {
        self.bytes.insert(place, (each, boundaries_each));
    }

    /// Whether the naive scan was cut off on a pool of as many nodes.
    pub fn naive_is_too_slow(&self, kind: &str, (nodes, windows): (usize, usize)) -> bool {
        self.kinds.iter().any(|(name, cells)| {
            name == kind
                && cells
                    .range((nodes, 0)..(nodes, windows))
                    .any(|(_, cell)| matches!(cell.naive, Naive::TooSlow))
        })
    }

    pub fn print(&self) {
        println!("\nOurs: median / p99, and how many times the naive scan's median is that.");
        println!("growth: median in the last column / median at a 100th of its windows.");
        for (kind, cells) in &self.kinds {
            print_kind(kind, cells);
        }
        println!("\nmemory: bytes a live window (boundaries a live window)");
        let columns = columns(self.bytes.keys());
        print_head(&columns);
        for nodes in rows(self.bytes.keys()) {
            print!("{nodes:>6}");
            for &windows in &columns {
                let cell = self.bytes.get(&(nodes, windows));
                let text = cell.map(|(bytes, each)| format!("{bytes:.0} ({each:.1})"));
                print!(" {:>27}", text.unwrap_or_default());
            }
            println!();
        }
    }
}

fn columns<'a>(places: impl Iterator<Item = &'a (usize, usize)>) -> Vec<usize> {
    let mut columns: Vec<usize> = places.map(|&(_, windows)| windows).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn rows<'a>(places: impl Iterator<Item = &'a (usize, usize)>) -> Vec<usize> {
    let mut rows: Vec<usize> = places.map(|&(nodes, _)| nodes).collect();
    rows.dedup();
    rows
}

fn print_head(columns: &[usize]) {
    print!("{:>6}", "nodes");
    for &windows in columns {
        print!(" {:>27}", format!("{} windows", short(windows)));
    }
    println!();
}

fn print_kind(kind: &str, cells: &Cells) {
    println!("\n{kind}");
    let columns = columns(cells.keys());
    print_head(&columns);
    for nodes in rows(cells.keys()) {
        print!("{nodes:>6}");
        let mut medians = Vec::new();
        for &windows in &columns {
            let cell = cells.get(&(nodes, windows));
            medians.extend(cell.map(|cell| (windows, cell.ours.median)));
            print!(" {:>27}", cell.map(text_of).unwrap_or_default());
        }
        println!("  {}", growth(&medians));
    }
}

fn text_of(cell: &Cell) -> String {
    let Cell { ours, naive } = cell;
    let ratio = match naive {
        Naive::Median(naive) => times(naive / ours.median),
        Naive::TooSlow => "> 1 s".to_owned(),
        Naive::NotAsked => "-".to_owned(),
    };
    format!("{} / {} {ratio:>6}", Nanos(ours.median), Nanos(ours.p99))
}

/// How the median grows over the last hundredfold of a row.
pub fn growth(medians: &[(usize, f64)]) -> String {
    let Some(&(windows, last)) = medians.last() else {
        return String::new();
    };
    let base = medians.iter().find(|&&(base, _)| base * 100 == windows);
    base.map_or_else(String::new, |&(_, base)| {
        format!("{} for x100", times(last / base))
    })
}
