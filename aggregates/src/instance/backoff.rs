//! The written-out schedule of retries.

/// Milliseconds to wait after the first, second, … failed try.
const RETRY_DELAYS_MS: [i64; 9] = [
    500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000,
];

/// How many tries an effect has before it is stuck.
pub const ATTEMPTS_MAX: u32 = 10;

/// How long to wait after `attempts` failed tries; `None` when there is no further one.
#[must_use]
pub fn retry_delay_ms(attempts: u32) -> Option<i64> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    RETRY_DELAYS_MS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_the_schedule_when_every_try_fails_then_the_last_one_has_no_successor() {
        let waits: Vec<_> = (0..=ATTEMPTS_MAX).map(retry_delay_ms).collect();
        assert_eq!(waits[0], None);
        assert!(waits[1..10].iter().all(Option::is_some));
        assert_eq!(waits[10], None);
        assert!(waits[1..10].is_sorted());
    }
}
