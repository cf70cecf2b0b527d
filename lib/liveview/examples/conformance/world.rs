//! What all pages share: the specs' way into a running view.
//!
//! The specs evaluate programs in a view (`sandbox:eval`) and send messages to its process from
//! outside (`POST /eval`). There are few such programs, so each is known by its text.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use liveview::{Effects, Form};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::errors::Families;

/// The program of a `sandbox:eval` event.
#[derive(Clone, Debug, Form)]
pub struct Program {
    pub value: String,
}

/// What the program gives to its views.
#[derive(Clone, Debug, Default)]
pub struct World(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last: AtomicU64,
    /// How often each event of each view may pass.
    passes: Mutex<HashMap<(u64, String), Arc<Semaphore>>>,
    families: Families,
}

impl World {
    /// A number that nobody had before.
    pub fn unique(&self) -> u64 {
        self.0.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Parents and children of the page of errors.
    pub fn families(&self) -> &Families {
        &self.0.families
    }

    /// A door for a new view.
    pub fn door(&self) -> Door {
        Door { world: self.clone(), number: self.unique(), guarded: false }
    }

    /// Lets one event of a view pass: `send(IEx.Helpers.pid(0, 7, 0), {:sync, "save"}); nil`.
    pub fn eval(&self, program: &str) -> Option<()> {
        let (_, rest) = program.split_once("pid(")?;
        let (pid, rest) = rest.split_once(')')?;
        let number = pid.split(", ").nth(1)?.parse().ok()?;
        let (_, rest) = rest.split_once("{:sync, \"")?;
        let (event, _) = rest.split_once('"')?;
        self.passes(number, event).add_permits(1);
        Some(())
    }

    fn passes(&self, number: u64, event: &str) -> Arc<Semaphore> {
        let mut passes = self.0.passes.lock().expect("no panic while it is held");
        let passes = passes.entry((number, event.to_owned()));
        passes.or_insert_with(|| Arc::new(Semaphore::new(0))).clone()
    }
}

/// Where a spec can make a view's events wait, each until it is let pass.
#[derive(Debug)]
pub struct Door {
    world: World,
    number: u64,
    guarded: bool,
}

impl Door {
    /// Runs a program that concerns the door; `false` if it is another.
    pub fn eval(&mut self, program: &Program, effects: &mut Effects) -> bool {
        let program = &program.value;
        if program.contains("inspect(self())") {
            let pid = ["0", &self.number.to_string(), "0"];
            effects.reply(json!({ "result": { "lv_pid": pid } }));
        } else if program.contains("attach_hook") {
            self.guarded = true;
            effects.reply(json!({}));
        } else {
            return false;
        }
        true
    }

    /// Waits until `event` may pass.
    pub async fn pass(&self, event: &str) {
        if self.guarded {
            let passes = self.world.passes(self.number, event);
            passes.acquire().await.expect("nobody closes it").forget();
        }
    }
}
