//! One fetch for many askers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
};

use tasks::{Scope, TaskHandle};
use tokio::sync::watch;

use crate::{
    Link, Reason, Settings,
    fetching::{Fetched, Fetching},
};

/// What came of a fetch.
pub(crate) type Landed = Result<Arc<Fetched>, Reason>;

/// Fetches that are going on, each in a task of its own, so that one that panics is an answer too.
pub(crate) struct Flights {
    fetching: Arc<Fetching>,
    scope: Scope,
    going: Mutex<HashMap<Link, Weak<Flight>>>,
}

/// A place in a fetch. Hold it until what came of it is kept, so that whoever asks in between gets
/// it too. When the last one is dropped, a fetch that is not over is given up.
pub(crate) struct Flight {
    landing: watch::Receiver<Option<Landed>>,
    task: TaskHandle<()>,
}

impl Flights {
    pub fn new(fetching: Fetching, scope: &Scope) -> Self {
        Self { fetching: Arc::new(fetching), scope: scope.clone(), going: Mutex::default() }
    }

    /// A place in the fetch of `link` that is going on, or in a new one.
    pub fn board(&self, link: &Link, settings: &Settings) -> Arc<Flight> {
        let mut going = self.going.lock().expect("no panic while the flights are held");
        if let Some(flight) = going.get(link).and_then(Weak::upgrade) {
            return flight;
        }
        going.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(self.take_off(link.clone(), settings.clone()));
        going.insert(link.clone(), Arc::downgrade(&flight));
        flight
    }

    fn take_off(&self, link: Link, settings: Settings) -> Flight {
        let (land, landing) = watch::channel(None);
        let fetching = self.fetching.clone();
        let task = self.scope.spawn_abortable("preview fetch", async move {
            let fetched = fetching.fetch(&settings, &link).await;
            land.send_replace(Some(fetched.map(Arc::new)));
        });
        Flight { landing, task }
    }
}

impl Flight {
    /// What came of it, once it is over.
    pub async fn landed(&self) -> Landed {
        let mut landing = self.landing.clone();
        let landed = landing.wait_for(Option::is_some).await;
        let landed = landed.ok().and_then(|landed| landed.clone());
        landed.unwrap_or_else(|| Err(Reason::Failed("something went wrong here".to_owned())))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.task.abort();
    }
}
