//! A kitchen: pots are lanes, a kettle is a processor, and what fails is tried again.
//!
//! Run with `cargo run -p pipeline --example kettle`.

use std::{sync::Arc, time::Duration};

use pipeline::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Brew {
    pot: String,
}

impl Job for Brew {
    fn lane(&self) -> String {
        self.pot.clone()
    }
}

struct Kettle;

impl Processor for Kettle {
    type Job = Brew;
    type Output = ();

    async fn process(
        &self,
        Attempt { id, job, number, .. }: Attempt<Brew>,
    ) -> Result<(), WorkError> {
        println!("{id}: {} tea, attempt {number}", job.pot);
        tokio::time::sleep(Duration::from_millis(50)).await;
        match number {
            1 if job.pot == "green" => {
                Err(WorkError::Retry { after: None, source: "too hot".into() })
            }
            _ => Ok(()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (scope, ms) = (tasks::Scope::root("kitchen"), Duration::from_millis);
    let lanes = LaneLimits { concurrency: 1, rate: None };
    // With `Keep::Log(store)` the same jobs survive a crash.
    let (name, keep, clock) = ("brews", Keep::Memory, tasks::Clock::system());
    let config = QueueConfig { name, keep, jobs_max: 100, dead_max: 10, lanes, clock };
    let queue = Queue::open(config, &scope).await?;
    for (number, pot) in ["green", "black", "green", "black"].into_iter().enumerate() {
        queue.push(JobId::new(&format!("brew-{number}"))?, Brew { pot: pot.into() }).await?;
    }
    let backoff = Backoff { least: ms(10), first: ms(100), longest: ms(1_000) };
    let (attempt_within, telemetry) = (ms(2_000), None);
    let config = Config { concurrency: 4, attempts_max: 3, backoff, attempt_within, telemetry };
    let pipeline = Pipeline::start(Kettle, Arc::new(queue.clone()), config, &scope);
    while !queue.jobs().is_empty() {
        tokio::time::sleep(ms(20)).await;
    }
    println!("cut off: {}", pipeline.drain(ms(1_000)).await.cut_off);
    Ok(scope.stop(ms(1_000)).await?)
}
