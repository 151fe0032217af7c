//! A log of jobs from a seed, for where no real trace is at hand.
//!
//! Owns the shape of the jobs: bursts and pauses, few large and many small ones, requests longer
//! than what is run, some that never run. Written as a Standard Workload Format file and read
//! back like any other, so that the reader is part of what is tested.

use std::io::{self, Write};

use crate::rng::Rng;

/// What jobs ask for at most, in seconds; round numbers, as people ask for.
const REQUESTED_S: [i64; 7] = [300, 900, 1_800, 3_600, 14_400, 43_200, 64_800];

/// Memory a processor, in kB; -1 where nothing is said.
const MEMORY_KB: [i64; 5] = [-1, 524_288, 1_048_576, 2_097_152, 4_194_304];

/// A log that is the same for the same numbers.
#[derive(Clone, Copy, Debug)]
pub struct SyntheticLog {
    /// Of everything that is drawn.
    pub seed: u64,
    /// How many jobs.
    pub jobs: u32,
    /// Most processors of one job; at least one.
    pub most_processors: i64,
    /// Seconds between two jobs on average.
    pub mean_gap_s: i64,
}

impl SyntheticLog {
    /// Writes the log in the Standard Workload Format, header included.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_swf(&self, to: &mut impl Write) -> io::Result<()> {
        writeln!(to, "; Version: 2.2")?;
        writeln!(to, "; Computer: none, generated from seed {}", self.seed)?;
        writeln!(to, "; MaxJobs: {}", self.jobs)?;
        writeln!(to, "; MaxProcs: {}", self.most_processors)?;
        writeln!(to, ";")?;
        let mut rng = Rng::new(self.seed);
        let mut submit_s = 0;
        for number in 1..=self.jobs {
            submit_s += self.gap_s(&mut rng);
            let processors = self.processors(&mut rng);
            let requested_s = rng.pick(&REQUESTED_S);
            let (run_s, status) = run_of(&mut rng, requested_s);
            let memory_kb = rng.pick(&MEMORY_KB);
            let wait_s = rng.between(0, 600);
            writeln!(
                to,
                "{number} {submit_s} {wait_s} {run_s} {processors} -1 -1 {processors} {requested_s} \
                 {memory_kb} {status} -1 -1 -1 -1 -1 -1 -1"
            )?;
        }
        Ok(())
    }

    /// Half of the jobs come in bursts.
    const fn gap_s(&self, rng: &mut Rng) -> i64 {
        if rng.chance(50) {
            rng.between(0, 5)
        } else {
            rng.between(0, 4 * self.mean_gap_s)
        }
    }

    /// Mostly a power of two, each as likely as the other.
    fn processors(&self, rng: &mut Rng) -> i64 {
        if rng.chance(15) {
            return rng.between(1, self.most_processors);
        }
        let largest = i64::from(self.most_processors.ilog2());
        1 << rng.between(0, largest)
    }
}

/// How long a job runs, and the status it ends with.
const fn run_of(rng: &mut Rng, requested_s: i64) -> (i64, i64) {
    match rng.between(0, 19) {
        // Cancelled before it ran.
        0 => (-1, 5),
        // Failed at once.
        1 => (0, 0),
        // Ran into its limit.
        2..=5 => (requested_s, 1),
        _ => (rng.between(1, requested_s), 1),
    }
}
