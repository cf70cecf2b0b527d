//! What this process has used, and what of it is shown.

use std::{fs, time::Duration};

use anyhow::Context;

/// What all threads of this process have used, to the nanosecond where Linux says so. Threads that
/// have ended are not in it: let none end while something is measured.
///
/// # Errors
/// This is not Linux.
pub fn spent() -> anyhow::Result<Duration> {
    let mut spent = Duration::ZERO;
    for task in fs::read_dir("/proc/self/task")? {
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        let ran = text.split_whitespace().next().and_then(|ran| ran.parse().ok());
        spent += Duration::from_nanos(ran.context("a malformed schedstat")?);
    }
    Ok(spent)
}

/// The value in the middle.
///
/// # Panics
/// When there is none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
