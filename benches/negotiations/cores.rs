//! Who ate the cores and the memory, from `/proc`.

use sqlx::PgConnection;

/// What `/proc` counts a second of a core in; `USER_HZ` is 100 on every Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// Fields of `/proc/PID/stat` after the name, counted from its state.
const PARENT: usize = 1;
const USER: usize = 11;
const SYSTEM: usize = 12;
const CHILDREN_USER: usize = 13;
const CHILDREN_SYSTEM: usize = 14;

fn stat(process: &str) -> Option<Vec<i64>> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let number = |field: &str| field.parse().unwrap_or(0);
    Some(fields.split_whitespace().map(number).collect())
}

fn seconds(fields: &[i64], which: &[usize]) -> f64 {
    let ticks: i64 = which.iter().filter_map(|at| fields.get(*at)).sum();
    f64::from(u32::try_from(ticks).unwrap_or(u32::MAX)) / TICKS_A_SECOND
}

/// Seconds of a core that a process of ours has had.
pub fn of_process(id: u32) -> f64 {
    stat(&id.to_string()).map_or(f64::NAN, |fields| seconds(&fields, &[USER, SYSTEM]))
}

/// Seconds of a core that the thread that asks has had.
pub fn of_this_thread() -> f64 {
    stat("thread-self").map_or(f64::NAN, |fields| seconds(&fields, &[USER, SYSTEM]))
}

/// A line of `/proc/PID/status` in MiB: `VmRSS` for what it holds, `VmHWM` for the most it held.
pub fn memory_mib(id: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

/// All processes of a PostgreSQL on this machine.
pub struct Postgres {
    postmaster: i64,
}

impl Postgres {
    /// Those that `connection` is served by.
    pub async fn behind(connection: &mut PgConnection) -> Option<Self> {
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(connection)
            .await
            .ok()?;
        let postmaster = *stat(&backend.to_string())?.get(PARENT)?;
        Some(Self { postmaster })
    }

    /// Seconds of a core that they have had, those that have ended included.
    pub fn seconds(&self) -> f64 {
        let all = [USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM];
        let own = stat(&self.postmaster.to_string()).map_or(f64::NAN, |f| seconds(&f, &all));
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let children = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let fields = stat(name.parse::<u32>().is_ok().then_some(&name)?)?;
            (fields.get(PARENT) == Some(&self.postmaster)).then_some(fields)
        });
        own + children.map(|f| seconds(&f, &[USER, SYSTEM])).sum::<f64>()
    }
}
