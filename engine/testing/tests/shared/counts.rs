//! What the `metrics` facade is told. It stands beside `mod.rs`: packages that share that do not all depend on `metrics`.
#![allow(dead_code, reason = "no suite needs all of it")]

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tokio::runtime::Builder;

/// A runtime for [`counted`], with a clock that moves only while all wait.
pub fn clock_stands_still() -> Builder {
    let mut runtime = clock_runs();
    runtime.start_paused(true);
    runtime
}

/// A runtime for [`counted`], on one thread: elsewhere nothing is counted.
pub fn clock_runs() -> Builder {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_all();
    runtime
}

/// What is counted while this is done on this runtime.
pub fn counted(mut runtime: Builder, work: impl Future<Output = ()>) -> Vec<String> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        runtime.build().expect("a runtime").block_on(work);
    });
    let counted = snapshotter.snapshot().into_vec().into_iter().map(|(key, _, _, value)| {
        let key = key.key();
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Histogram(times) => format!("{} times", times.len()),
            DebugValue::Gauge(_) => "a gauge".to_owned(),
        };
        format!("{} {}: {value}", key.name(), labels.join(" "))
    });
    let mut counted: Vec<_> = counted.collect();
    counted.sort();
    counted
}
