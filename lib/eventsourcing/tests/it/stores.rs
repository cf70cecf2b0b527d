//! Every store passes the suite.

use std::sync::Arc;

use eventsourcing::{FaultyStore, MemoryStore, SqliteConfig, SqliteStore, testing::store_suite};

#[tokio::test]
async fn the_memory_store_passes_the_suite() {
    store_suite(|| Arc::new(MemoryStore::new())).await;
}

#[tokio::test]
async fn a_store_without_faults_passes_the_suite() {
    store_suite(|| FaultyStore::new(MemoryStore::new())).await;
}

#[tokio::test]
async fn the_sqlite_store_passes_the_suite() {
    sqlite_passes(SqliteConfig::default()).await;
}

#[tokio::test]
async fn the_sqlite_store_passes_with_the_smallest_limits() {
    sqlite_passes(SqliteConfig { queue_max: 1, group_max: 1, readers: 1, tail_max: 0 }).await;
}

async fn sqlite_passes(config: SqliteConfig) {
    let folders = tempfile::tempdir().expect("a temporary folder");
    let next = std::cell::Cell::new(0);
    store_suite(|| {
        next.set(next.get() + 1);
        let folder = folders.path().join(next.get().to_string());
        Arc::new(SqliteStore::open(&folder, config.clone()).expect("a fresh store opens"))
    })
    .await;
}
