//! What names lead to, as a test wants it.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use fetch::{Resolve, Resolved};

/// A name's answers, one for each look-up; the last one stays.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    answers: HashMap<String, VecDeque<Vec<IpAddr>>>,
    lookups: usize,
}

impl Names {
    pub fn of<'a>(names: impl IntoIterator<Item = (&'a str, Vec<Vec<IpAddr>>)>) -> Self {
        let names = names.into_iter().map(|(name, answers)| (name.to_owned(), answers.into()));
        Self(Arc::new(Mutex::new(Known { answers: names.collect(), lookups: 0 })))
    }

    /// How often any name was looked up.
    pub fn lookups(&self) -> usize {
        self.0.lock().expect("no panic").lookups
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolved<'a> {
        Box::pin(async move {
            let mut known = self.0.lock().expect("no panic");
            known.lookups += 1;
            let answers = known.answers.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
            let answer =
                if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
            Ok(answer.unwrap_or_default())
        })
    }
}

/// A resolver that never answers.
pub struct Silent;

impl Resolve for Silent {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolved<'a> {
        Box::pin(std::future::pending())
    }
}
