//! S3 with one bucket and DynamoDB with a table of users, as far as the functions use them.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::loopback::{Loopback, Reply};

#[derive(Default)]
struct AwsState {
    objects: BTreeMap<String, Bytes>,
    users: Vec<String>,
    faults: Vec<Reply>,
    credentials: Vec<String>,
}

/// AWS on loopback.
pub struct Aws {
    server: Loopback,
    state: Arc<Mutex<AwsState>>,
}

fn locked(state: &Mutex<AwsState>) -> MutexGuard<'_, AwsState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Aws {
    /// The name of the bucket.
    pub const BUCKET: &str = "rental-invoices-bucket";
    /// The number of users per page of a scan.
    const PAGE: usize = 2;

    /// An AWS without objects and users.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn new() -> io::Result<Self> {
        let state = Arc::<Mutex<AwsState>>::default();
        let answering = Arc::clone(&state);
        let server = Loopback::serve(move |request| {
            let answer = locked(&answering).answer(&request);
            async move { answer }
        });
        Ok(Self { server: server.await?, state })
    }

    /// The variables that configure AWS's endpoints, the bucket and the table for a function.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 4] {
        let url = format!("http://{}", self.server.address());
        [
            ("AWS_ENDPOINT_URL_S3", url.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB", url),
            ("S3_BUCKET", Self::BUCKET.to_owned()),
            ("USERS_TABLE", "Users".to_owned()),
        ]
    }

    /// The same with one endpoint for all services.
    #[must_use]
    pub fn environment_of_one_endpoint(&self) -> Vec<(&'static str, String)> {
        let [(_, url), _, bucket, table] = self.environment();
        vec![("AWS_ENDPOINT_URL", url), bucket, table]
    }

    /// Deletes all objects.
    pub fn remove_objects(&self) {
        locked(&self.state).objects.clear();
    }

    /// Sets the users that have an account.
    pub fn set_users(&self, users: &[&str]) {
        locked(&self.state).users = users.iter().map(|user| (*user).to_owned()).collect();
    }

    /// Injects an answer for the next request.
    pub fn answer_next(&self, reply: Reply) {
        locked(&self.state).faults.push(reply);
    }

    /// The names and contents of the bucket's objects.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Bytes> {
        locked(&self.state).objects.clone()
    }

    /// The credential scope of each request: region and service.
    #[must_use]
    pub fn credentials(&self) -> Vec<String> {
        locked(&self.state).credentials.clone()
    }
}

impl AwsState {
    fn answer(&mut self, request: &Request<Bytes>) -> Reply {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let signature = header("authorization").strip_prefix("AWS4-HMAC-SHA256 Credential=");
        let Some((scope, _)) = signature.and_then(|signature| signature.split_once(',')) else {
            return Reply::json(403, "<Error><Code>AccessDenied</Code></Error>");
        };
        self.credentials.push(scope.rsplitn(4, '/').take(3).collect::<Vec<_>>().join(" "));
        if !self.faults.is_empty() {
            return self.faults.remove(0);
        }
        let path = request.uri().path();
        match (request.method().as_str(), path.strip_prefix(&format!("/{}/", Aws::BUCKET))) {
            ("PUT", Some(_)) if header("if-none-match") == "*" && self.objects.contains_key(path) => {
                Reply::json(412, "<Error><Code>PreconditionFailed</Code></Error>")
            }
            ("PUT", Some(_)) => {
                self.objects.insert(path.to_owned(), request.body().clone());
                Reply::json(200, "")
            }
            ("POST", None) if header("x-amz-target") == "DynamoDB_20120810.Scan" => self.scan(request.body()),
            _ => Reply::json(404, "<Error><Code>NoSuchBucket</Code></Error>"),
        }
    }

    /// The page of users after the last user of the previous page.
    fn scan(&self, body: &[u8]) -> Reply {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let after = body["ExclusiveStartKey"]["UserID"]["S"].as_str();
        let from = after.and_then(|id| self.users.iter().position(|user| user == id)).map_or(0, |at| at + 1);
        let page: Vec<&String> = self.users.iter().skip(from).take(Aws::PAGE).collect();
        let items: Vec<Value> = page.iter().map(|user| json!({ "UserID": { "S": user } })).collect();
        let mut answer = json!({ "Count": items.len(), "Items": items });
        if from + page.len() < self.users.len() {
            answer["LastEvaluatedKey"] = json!({ "UserID": { "S": page.last() } });
        }
        Reply::json(200, answer)
    }
}
