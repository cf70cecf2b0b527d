//! Pipelines in tests: push a job, await what became of it.
