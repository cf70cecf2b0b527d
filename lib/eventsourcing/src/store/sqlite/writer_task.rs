//! The thread that writes: takes everything that waits, writes it in one transaction, answers all.

use std::{
    fs::File,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    SqliteConfig,
    faults::{explain, explain_io, spoils_connection},
    schema,
    tail::Tail,
    write::{self, Appended},
};
use crate::{
    Append, AppendError, Position, Receipt, Recorded, Redaction, Snapshot, StoreError, StreamId,
};

/// The way to the thread. Dropping it lets the thread finish what waits, and waits for that.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    commits: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Job {
    Append(Append, oneshot::Sender<Result<Vec<Receipt>, AppendError>>),
    Snapshot(Snapshot, oneshot::Sender<Result<(), StoreError>>),
    Checkpoint(String, Position, oneshot::Sender<Result<(), StoreError>>),
    Redact(StreamId, Vec<Redaction>, oneshot::Sender<Result<usize, StoreError>>),
    Close(oneshot::Sender<Result<(), StoreError>>),
    /// Something a test does to the writer's connection.
    #[cfg(test)]
    Run(Box<dyn FnOnce(&Connection) + Send>),
}

/// What a job came to inside the transaction; true once that is committed.
enum Outcome {
    Append(Result<Appended, AppendError>),
    Redact(usize),
    Done,
}

impl Writer {
    pub(super) fn start(
        path: PathBuf,
        db: Connection,
        lock: File,
        config: &SqliteConfig,
        tail: Arc<Tail>,
        watermark: watch::Sender<Position>,
    ) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel(config.queue_max.max(1));
        let explained = path.clone();
        let group_max = config.group_max.max(1);
        let commits = Arc::<AtomicU64>::default();
        let counted = commits.clone();
        let state = WriterTask {
            path,
            db: Some(db),
            tail,
            watermark,
            commits: counted,
            group_max,
            _lock: lock,
        };
        let thread = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || state.run(jobs))
            .map_err(|error| explain_io(&explained, error))?;
        Ok(Self { queue, commits, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    pub(super) async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.queue.send(Job::Append(append, reply)).await;
        sent.map_err(|_| AppendError::Store(StoreError::Closed))?;
        answer.await.unwrap_or(Err(AppendError::Store(StoreError::Closed)))
    }

    pub(super) async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError> {
        self.ask(|reply| Job::Snapshot(snapshot, reply)).await
    }

    pub(super) async fn save_checkpoint(
        &self,
        name: String,
        position: Position,
    ) -> Result<(), StoreError> {
        self.ask(|reply| Job::Checkpoint(name, position, reply)).await
    }

    pub(super) async fn redact(
        &self,
        stream: StreamId,
        redactions: Vec<Redaction>,
    ) -> Result<usize, StoreError> {
        self.ask(|reply| Job::Redact(stream, redactions, reply)).await
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.ask(Job::Close).await
    }

    #[cfg(test)]
    pub(super) async fn run(&self, run: impl FnOnce(&Connection) + Send + 'static) {
        let (reply, answer) = oneshot::channel();
        let job = Job::Run(Box::new(move |db| {
            run(db);
            reply.send(()).expect("the test waits");
        }));
        assert!(self.queue.send(job).await.is_ok(), "the writer runs");
        answer.await.expect("the writer runs");
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(job(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread ends when the last sender is gone, so that one goes first.
        self.queue = mpsc::channel(1).0;
        let thread = self.thread.lock().expect("no panic while the handle is held").take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the log's writer panicked");
        }
    }
}

struct WriterTask {
    path: PathBuf,
    /// `None` after a fault that may have spoiled the connection, until it could be opened again.
    db: Option<Connection>,
    tail: Arc<Tail>,
    watermark: watch::Sender<Position>,
    commits: Arc<AtomicU64>,
    group_max: usize,
    /// Keeps the folder for this process until the last write is done.
    _lock: File,
}

impl WriterTask {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            while group.len() < self.group_max
                && let Ok(job) = jobs.try_recv()
            {
                group.push(job);
            }
            let closing = self.take_closing(&mut group, &mut jobs);
            self.write(group);
            if let Some(reply) = closing {
                self.db = None;
                drop(self);
                let _ = reply.send(Ok(()));
                return;
            }
        }
    }

    /// If somebody closes the store: what was accepted before is written, nothing is accepted any
    /// more.
    fn take_closing(
        &self,
        group: &mut Vec<Job>,
        jobs: &mut mpsc::Receiver<Job>,
    ) -> Option<oneshot::Sender<Result<(), StoreError>>> {
        let at = group.iter().position(|job| matches!(job, Job::Close(_)))?;
        jobs.close();
        while let Ok(job) = jobs.try_recv() {
            group.push(job);
        }
        match group.remove(at) {
            Job::Close(reply) => Some(reply),
            _ => unreachable!("the position is that of a close"),
        }
    }

    fn write(&mut self, group: Vec<Job>) {
        #[cfg(test)]
        let group = self.run_for_tests(group);
        if group.is_empty() {
            return;
        }
        match self.try_write(&group) {
            Ok(outcomes) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.answer(group, outcomes);
            }
            // One job's fault is not the others': each gets a transaction of its own.
            Err(_) if group.len() > 1 => {
                for job in group {
                    self.write(vec![job]);
                }
            }
            Err(error) => {
                tracing::error!(error = %error, "a write to the log failed");
                group.into_iter().for_each(|job| job.fail(&error));
            }
        }
    }

    /// Outside of any transaction, so that it works whatever else does not.
    #[cfg(test)]
    fn run_for_tests(&mut self, group: Vec<Job>) -> Vec<Job> {
        let db = self.db.as_ref().expect("no test spoils the connection");
        let mut rest = Vec::new();
        for job in group {
            match job {
                Job::Run(run) => run(db),
                other => rest.push(other),
            }
        }
        rest
    }

    /// Everything in one transaction, committed.
    fn try_write(&mut self, group: &[Job]) -> Result<Vec<Outcome>, StoreError> {
        let db = match self.db.take() {
            Some(db) => db,
            None => schema::open(&self.path)?,
        };
        let result = transact(&db, group);
        if let Err(error) = &result {
            // Some errors have rolled back already, and then this one says so.
            let rolled_back = db.is_autocommit() || db.execute_batch("ROLLBACK").is_ok();
            if !rolled_back || spoils_connection(error) {
                drop(db);
                return result.map_err(|error| explain(&self.path, error));
            }
        }
        self.db = Some(db);
        result.map_err(|error| explain(&self.path, error))
    }

    fn answer(&mut self, group: Vec<Job>, mut outcomes: Vec<Outcome>) {
        let redacted = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Redact(1..)));
        let erased = if redacted { self.erase() } else { Ok(()) };
        self.announce(&mut outcomes);
        for (job, outcome) in group.into_iter().zip(outcomes) {
            match (job, outcome) {
                (Job::Append(_, reply), Outcome::Append(result)) => {
                    let _ = reply.send(result.map(|appended| appended.receipts));
                }
                (Job::Snapshot(_, reply) | Job::Checkpoint(_, _, reply), _) => {
                    let _ = reply.send(Ok(()));
                }
                (Job::Redact(_, _, reply), Outcome::Redact(replaced)) => {
                    let _ = reply.send(erased.clone().map(|()| replaced));
                }
                _ => unreachable!("outcomes are in the order of the jobs"),
            }
        }
    }

    /// After the commit, before the answers: who has an answer finds it in the log.
    fn announce(&self, outcomes: &mut [Outcome]) {
        let mut events: Vec<Recorded> = Vec::new();
        for outcome in outcomes {
            if let Outcome::Append(Ok(appended)) = outcome {
                events.append(&mut appended.events);
            }
        }
        if let Some(last) = events.last().map(|event| event.position) {
            self.tail.extend(events);
            self.watermark.send_replace(last);
        }
    }

    /// The old payloads are still in the WAL: fold it into the file, where they are overwritten.
    fn erase(&self) -> Result<(), StoreError> {
        self.tail.forget();
        let db = self.db.as_ref().expect("it has just written");
        let busy: i64 = db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|error| explain(&self.path, error))?;
        if busy == 0 {
            return Ok(());
        }
        let what = "a long read keeps removed text in the write-ahead log; try again".into();
        Err(StoreError::Unavailable { what, source: None })
    }
}

fn transact(db: &Connection, group: &[Job]) -> rusqlite::Result<Vec<Outcome>> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    let outcomes = group.iter().map(|job| carry_out(db, job)).collect::<Result<_, _>>()?;
    db.execute_batch("COMMIT")?;
    Ok(outcomes)
}

fn carry_out(db: &Connection, job: &Job) -> rusqlite::Result<Outcome> {
    Ok(match job {
        Job::Append(append, _) => Outcome::Append(write::append(db, append)?),
        Job::Redact(stream, redactions, _) => {
            Outcome::Redact(write::redact(db, stream, redactions)?)
        }
        Job::Snapshot(snapshot, _) => {
            write::snapshot(db, snapshot)?;
            Outcome::Done
        }
        Job::Checkpoint(name, position, _) => {
            write::checkpoint(db, name, *position)?;
            Outcome::Done
        }
        // Taken out before: it is no write.
        Job::Close(_) => Outcome::Done,
        #[cfg(test)]
        Job::Run(_) => Outcome::Done,
    })
}

impl Job {
    fn fail(self, error: &StoreError) {
        let error = error.clone();
        match self {
            Self::Append(_, reply) => drop(reply.send(Err(AppendError::Store(error)))),
            Self::Redact(_, _, reply) => drop(reply.send(Err(error))),
            Self::Snapshot(_, reply) | Self::Checkpoint(_, _, reply) | Self::Close(reply) => {
                drop(reply.send(Err(error)));
            }
            #[cfg(test)]
            Self::Run(_) => {}
        }
    }
}
