//! A tea house: cups are poured, and each pot is a lane.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use pipeline::*;
use serde::{Deserialize, Serialize};

/// One cup of tea.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cup {
    pub pot: String,
    pub does: Does,
}

/// What pouring it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Does {
    Well,
    /// Well at this attempt, badly before it.
    WellAt(u32),
    Spills,
    Breaks,
    Panics,
    Takes(u64),
}

impl Job for Cup {
    fn lane(&self) -> String {
        self.pot.clone()
    }
}

pub fn cup(pot: &str, does: Does) -> Cup {
    Cup { pot: pot.into(), does }
}

pub fn id(text: &str) -> JobId {
    JobId::new(text).expect("a valid id")
}

/// Pours, and remembers how often; clones are one.
#[derive(Clone, Default)]
pub struct Waiter(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    poured: Vec<String>,
    told: Vec<String>,
    now: HashMap<String, usize>,
    most: HashMap<String, usize>,
}

impl Waiter {
    /// Every attempt, in the order they began.
    pub fn poured(&self) -> Vec<String> {
        self.0.lock().expect("whole").poured.clone()
    }

    /// Jobs that were told to be given up.
    pub fn told(&self) -> Vec<String> {
        self.0.lock().expect("whole").told.clone()
    }

    /// How many cups of one pot, or of all, were poured at the same time, at most.
    pub fn most(&self, pot: &str) -> usize {
        self.0.lock().expect("whole").most.get(pot).copied().unwrap_or_default()
    }

    fn begin(&self, attempt: &Attempt<Cup>) -> Pouring {
        let mut seen = self.0.lock().expect("whole");
        seen.poured.push(attempt.id.to_string());
        let pots = [attempt.job.pot.clone(), "all".into()];
        for pot in &pots {
            let now = seen.now.entry(pot.clone()).or_default();
            *now += 1;
            let now = *now;
            let most = seen.most.entry(pot.clone()).or_default();
            *most = now.max(*most);
        }
        Pouring(self.clone(), pots)
    }
}

struct Pouring(Waiter, [String; 2]);

impl Drop for Pouring {
    fn drop(&mut self) {
        let mut seen = self.0.0.lock().expect("whole");
        for pot in &self.1 {
            *seen.now.get_mut(pot).expect("begun") -= 1;
        }
    }
}

impl Processor for Waiter {
    type Job = Cup;
    type Output = ();

    async fn process(&self, attempt: Attempt<Cup>) -> Result<(), WorkError> {
        let _pouring = self.begin(&attempt);
        pour(&attempt).await
    }

    async fn gave_up(&self, attempt: Attempt<Cup>, why: &GaveUp) {
        let kind = match why {
            GaveUp::Failed(_) => "failed",
            GaveUp::Late => "late",
            GaveUp::Panicked => "panicked",
        };
        self.0.lock().expect("whole").told.push(format!("{} {kind}", attempt.id));
    }
}

pub async fn pour(attempt: &Attempt<Cup>) -> Result<(), WorkError> {
    tokio::task::yield_now().await;
    match attempt.job.does {
        Does::Well => Ok(()),
        Does::WellAt(number) if attempt.number >= number => Ok(()),
        Does::WellAt(_) | Does::Spills => {
            Err(WorkError::Retry { after: None, source: "it was spilled".into() })
        }
        Does::Breaks => Err(WorkError::GiveUp("it is broken".into())),
        Does::Panics => panic!("a waiter fell"),
        Does::Takes(ms) => {
            tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
            Ok(())
        }
    }
}
