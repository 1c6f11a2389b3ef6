//! Parses an event of a schedule (a rule of EventBridge, or EventBridge Scheduler), and names other events.
//!
//! Sources: [the event of a rule][rule], [the event of the scheduler][scheduler], [events of services][services].
//!
//! [rule]: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
//! [scheduler]: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
//! [services]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html

use paypulse_runtime::spec::UserId;
use serde::Deserialize;

pub(super) const UNKNOWN: &str = "of an unknown form";
const NOT_SCHEDULED: &str = "of EventBridge, and not of a schedule";
const BAD_USERS: &str = "of a schedule, with a `detail.user_ids` that is not a list of at most 1000 users' ids";
const MAX_USERS: usize = 1000;

/// The services whose events are recognized, by their event source.
const SERVICES: [(&str, &str); 5] = [
    ("aws:sqs", "of Amazon SQS"),
    ("aws:s3", "of Amazon S3"),
    ("aws:sns", "of Amazon SNS"),
    ("aws:dynamodb", "of Amazon DynamoDB"),
    ("aws:kinesis", "of Amazon Kinesis"),
];

/// An event of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The users of `detail.user_ids`, each once. `None` if the event does not have this member.
    pub user_ids: Option<Vec<UserId>>,
}

#[derive(Deserialize)]
struct Bridged {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Option<Detail>,
}

/// The detail of an event. The scheduler sends it as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Object { user_ids: Option<serde_json::Value> },
    Text(String),
}

#[derive(Deserialize)]
struct OfService {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventSource", alias = "EventSource")]
    source: String,
}

impl Scheduled {
    /// Parses an event, or returns the kind of event that it is instead.
    pub(super) fn parse(event: &str) -> Result<Self, &'static str> {
        let Ok(bridged) = serde_json::from_str::<Bridged>(event) else { return Err(service(event)) };
        let is_schedule = ["aws.events", "aws.scheduler"].contains(&bridged.source.as_str());
        if !is_schedule || bridged.detail_type != "Scheduled Event" {
            return Err(NOT_SCHEDULED);
        }
        Ok(Self { user_ids: users(bridged.detail)? })
    }
}

fn users(detail: Option<Detail>) -> Result<Option<Vec<UserId>>, &'static str> {
    let detail = match detail {
        Some(Detail::Text(text)) => serde_json::from_str(&text).map_err(|_| BAD_USERS)?,
        detail => detail,
    };
    let listed = match detail {
        None | Some(Detail::Object { user_ids: None }) => return Ok(None),
        Some(Detail::Object { user_ids: Some(listed) }) => listed,
        Some(Detail::Text(_)) => return Err(BAD_USERS),
    };
    let listed: Vec<String> = serde_json::from_value(listed).map_err(|_| BAD_USERS)?;
    if listed.len() > MAX_USERS {
        return Err(BAD_USERS);
    }
    let mut users = Vec::new();
    for id in listed {
        let id: UserId = id.parse().map_err(|_| BAD_USERS)?;
        if !users.contains(&id) {
            users.push(id);
        }
    }
    Ok(Some(users))
}

/// The service that sent the event.
fn service(event: &str) -> &'static str {
    let records = serde_json::from_str::<OfService>(event).map(|event| event.records).unwrap_or_default();
    let known = |record: &Record| SERVICES.iter().find(|(source, _)| *source == record.source);
    records.first().and_then(known).map_or(UNKNOWN, |(_, name)| name)
}
