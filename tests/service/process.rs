//! Starting, killing and stopping the real binary.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a process may take to say that it is ready; the machine may be busy with a build.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a process may take to stop after SIGTERM.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

/// A running `openpex`, killed when dropped.
pub struct Process {
    child: Child,
    /// Where it listens, such as `http://127.0.0.1:4711`.
    pub url: String,
    log: PathBuf,
}

impl Process {
    /// Starts `openpex` with `args` and waits until it announces its address.
    pub fn start(args: &[&str], env: &[(&str, &str)]) -> Self {
        Self::try_start(args, env).unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// As `start`, but gives back what it said if it ends instead.
    pub fn try_start(args: &[&str], env: &[(&str, &str)]) -> Result<Self, String> {
        Self::try_start_within(READY_WITHIN, args, env)
    }

    /// As `try_start`, with another patience: a large ledger takes its time.
    pub fn try_start_within(
        patience: Duration,
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Result<Self, String> {
        let log = tempfile::Builder::new()
            .prefix("openpex-")
            .suffix(".log")
            .tempfile();
        let (file, log) = log
            .expect("a log file")
            .keep()
            .expect("a log file that stays");
        let mut child = Command::new(env!("CARGO_BIN_EXE_openpex"))
            .args(args)
            .env_remove("OPENPEX_ADMIN_PASSWORD")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(file))
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("standard output is piped");
        let (lines, received) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        let mut said = Vec::new();
        let until = Instant::now() + patience;
        loop {
            let wait = until.saturating_duration_since(Instant::now());
            match received.recv_timeout(wait) {
                Ok(line) => {
                    let url = ready_url(&line);
                    said.push(line);
                    if let Some(url) = url {
                        return Ok(Self { child, url, log });
                    }
                }
                Err(_) => {
                    let _ = child.kill();
                    let status = child.wait().expect("the process is ours");
                    let log = std::fs::read_to_string(&log).unwrap_or_default();
                    return Err(format!("not ready ({status}): {said:?}\n{log}"));
                }
            }
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("SIGKILL is delivered");
        self.child.wait().expect("the process is ours");
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
        assert!(sent.success());
        let until = Instant::now() + STOPPED_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait().expect("the process is ours") {
                return status;
            }
            assert!(
                Instant::now() < until,
                "it did not stop within {STOPPED_WITHIN:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The operating system's number for it.
    #[allow(dead_code, reason = "benchmarks ask for it, tests do not")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How much memory it holds, in MiB.
    #[allow(dead_code, reason = "benchmarks ask for it, tests do not")]
    pub fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse::<u64>().ok())
            .unwrap_or(0)
            / 1_024
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(6_000);
            eprintln!(
                "--- log of {} ---\n{}",
                self.url,
                &log[log.ceil_char_boundary(from)..]
            );
        }
        let _ = std::fs::remove_file(&self.log);
    }
}

/// The address in a line that announces it.
fn ready_url(line: &str) -> Option<String> {
    if !line.contains("ready") {
        return None;
    }
    let from = line.find("http://")?;
    Some(
        line[from..]
            .split_whitespace()
            .next()?
            .trim_end_matches(['/', ',', '.'])
            .to_owned(),
    )
}

/// Runs a command to its end: whether it succeeded, and what it printed.
pub fn run(args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_openpex"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}
