//! Log lines in JSON for Lambda's advanced logging controls: `timestamp`, `level`, `requestId` and `message` are
//! members of the line, and so are the fields of the event.
//!
//! Lambda filters lines by `level` if each line has an RFC 3339 `timestamp`.
//!
//! Source: [structured JSON logs](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).

use std::fmt::Debug;
use std::io::Write;
use std::time::SystemTime;

use paypulse_runtime::oauth::Timestamp;
use serde::Serializer;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// The field for the request's id in the span of the crate `lambda_runtime`.
const REQUEST_ID: &str = "requestId";

/// Writes each event as one line.
pub(super) struct Json<W>(pub(super) W);

impl<S, W> Layer<S> for Json<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = SpanFields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<SpanFields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = SpanFields::default();
        event.record(&mut fields);
        let mut request_id = None;
        let mut spans = Vec::new();
        for span in context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root) {
            let mut shown = shown(&span);
            request_id = shown.remove(REQUEST_ID).or(request_id);
            spans.push(Value::Object(shown));
        }
        let metadata = event.metadata();
        // The fallback is the event's location in the source.
        let message = fields.0.remove("message").unwrap_or_else(|| metadata.name().into());
        let head = [
            ("timestamp", format!("{}Z", Timestamp::from(SystemTime::now())).into()),
            ("level", metadata.level().as_str().into()),
            (REQUEST_ID, request_id.unwrap_or_default()),
            ("message", message),
            ("target", metadata.target().into()),
        ];
        // Outside of requests, the id is absent.
        let head = head.into_iter().filter(|(_, value)| !value.is_null());
        let members: Vec<(String, Value)> = head
            .map(|(name, value)| (name.to_owned(), value))
            .chain(fields.0.into_iter().map(|(name, value)| (free(name), value)))
            .chain((!spans.is_empty()).then(|| ("spans".to_owned(), Value::Array(spans))))
            .collect();
        let mut line = Vec::new();
        if serde_json::Serializer::new(&mut line).collect_map(members).is_ok() {
            line.push(b'\n');
            // A failed write of the log cannot be reported anywhere.
            let _ = self.0.make_writer_for(metadata).write_all(&line);
        }
    }
}

/// Renames a field of an event that would clash with a standard member of the line.
fn free(name: String) -> String {
    let is_taken = ["timestamp", "level", REQUEST_ID, "target", "spans"].contains(&name.as_str());
    if is_taken { format!("field_{name}") } else { name }
}

fn shown<S: for<'a> LookupSpan<'a>>(span: &SpanRef<'_, S>) -> Map<String, Value> {
    let fields = span.extensions().get::<SpanFields>().map(|fields| fields.0.clone());
    let mut shown = fields.unwrap_or_default();
    shown.insert("name".to_owned(), span.name().into());
    shown
}

/// The fields of a span or an event.
#[derive(Default)]
struct SpanFields(Map<String, Value>);

impl SpanFields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for SpanFields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::panic;
    use std::sync::{Arc, Mutex, PoisonError};

    use serde_json::{Value, json};
    use tracing_subscriber::filter::{FilterExt, LevelFilter, filter_fn};
    use tracing_subscriber::layer::{Layer, SubscriberExt};

    use super::Json;
    use crate::logging::{is_invocation, log_panic};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that are logged at a level within a request's span.
    fn lines(level: LevelFilter, log: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let made = kept.clone();
        let filter = filter_fn(is_invocation).or(level);
        let layer = Json(move || made.clone()).with_filter(filter);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info_span!("Lambda runtime invoke", requestId = "8476a536", xrayTraceId = "Root=1").in_scope(log);
        });
        let text = String::from_utf8(kept.0.lock().expect("it is free").clone()).expect("it is text");
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    #[test]
    fn a_line_has_lambda_s_fields_at_every_level() {
        for (level, words) in [
            (LevelFilter::TRACE, vec!["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]),
            (LevelFilter::INFO, vec!["INFO", "WARN", "ERROR"]),
            (LevelFilter::ERROR, vec!["ERROR"]),
        ] {
            let lines = lines(level, || {
                let span = tracing::info_span!("secret", verb = "read", outcome = tracing::field::Empty);
                span.record("outcome", "ok");
                let _entered = span.enter();
                tracing::trace!("one");
                tracing::debug!("one");
                tracing::info!("one");
                tracing::warn!("one");
                tracing::error!(level = 7, status = 500, cause = ?Some("x"), "a \"line\"\nof two");
            });
            assert_eq!(lines.iter().map(|line| line["level"].as_str().expect("a word")).collect::<Vec<_>>(), words);
            for line in &lines {
                assert_eq!(line["requestId"], json!("8476a536"), "{line}");
                let time = line["timestamp"].as_str().and_then(|time| time.strip_suffix('Z')).expect("it is in UTC");
                assert!(time.parse::<paypulse_runtime::oauth::Timestamp>().is_ok(), "{time}");
            }
            let last = lines.last().expect("there is one");
            assert_eq!(last["message"], json!("a \"line\"\nof two"));
            assert_eq!((&last["status"], &last["field_level"]), (&json!(500), &json!(7)));
        }
        let line = &lines(LevelFilter::INFO, || {
            let span = tracing::info_span!("secret", verb = "read", outcome = tracing::field::Empty);
            span.record("outcome", "ok");
            span.in_scope(|| tracing::info!("one"));
        })[0];
        assert_eq!(line["spans"][1], json!({ "name": "secret", "verb": "read", "outcome": "ok" }));
    }

    #[test]
    fn err_a_panic_is_a_line_that_quotes_nothing() {
        let lines = lines(LevelFilter::ERROR, || {
            let before = panic::take_hook();
            panic::set_hook(Box::new(log_panic));
            let caught = panic::catch_unwind(|| panic!("hush"));
            panic::set_hook(before);
            assert!(caught.is_err());
        });
        let [line] = &lines[..] else { panic!("one line: {lines:?}") };
        assert_eq!((&line["level"], &line["requestId"]), (&json!("ERROR"), &json!("8476a536")));
        assert!(line["place"].as_str().is_some_and(|place| place.contains("json.rs:")), "{line}");
        assert!(!line.to_string().contains("hush"), "{line}");
    }
}
