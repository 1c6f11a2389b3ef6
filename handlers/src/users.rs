//! Lists all of PayPulse's users, for scheduled events that name none.
//!
//! Secrets Manager could list the names under `gmail/user/`, but `ListSecrets` cannot be restricted to certain names,
//! so no handler of the spec has it. PayPulse keeps its users in a DynamoDB table, which the environment names. The
//! required permission is `dynamodb:Scan` on it.
//!
//! Source: [Scan](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html).

use std::pin::Pin;
use std::sync::Arc;

use paypulse_runtime::spec::UserId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws::{Error, NoService, Service, ServiceRequest};

/// The variable with the table's name, which PayPulse's functions already use.
const TABLE: &str = "USERS_TABLE";
/// The maximum number of pages, of 1 MB each.
const MAX_PAGES: usize = 100;
const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "DynamoDB_20120810.Scan")];

/// The future that [`Users::list`] returns.
pub type Listing<'a> = Pin<Box<dyn Future<Output = Result<Vec<UserId>, Error>> + Send + 'a>>;

/// A source of user ids.
pub trait Users: Send + Sync {
    /// Every user.
    fn list(&self) -> Listing<'_>;
}

/// The users in the DynamoDB table that the environment names, if it names one.
///
/// # Errors
///
/// [`NoService`].
pub async fn from_env() -> Result<Option<Arc<dyn Users>>, NoService> {
    match std::env::var(TABLE).ok().filter(|table| !table.is_empty()) {
        Some(table) => {
            let service = Service::from_env("dynamodb", "AWS_ENDPOINT_URL_DYNAMODB").await?;
            Ok(Some(Arc::new(Table { name: table, service })))
        }
        None => Ok(None),
    }
}

/// PayPulse's table of users, whose key is `UserID`.
struct Table {
    name: String,
    service: Service,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UserPage {
    #[serde(default)]
    items: Vec<Item>,
    last_evaluated_key: Option<Value>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "UserID")]
    user_id: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

impl Users for Table {
    fn list(&self) -> Listing<'_> {
        Box::pin(async {
            let (mut users, mut start) = (Vec::new(), None);
            for _ in 0..MAX_PAGES {
                let page = self.page(start.as_ref()).await?;
                // An invalid id cannot have tokens.
                users.extend(page.items.iter().filter_map(|item| item.user_id.text.parse::<UserId>().ok()));
                start = page.last_evaluated_key;
                if start.is_none() {
                    return Ok(users);
                }
            }
            Err(self.service.refused("there are more users than one invocation can serve"))
        })
    }
}

impl Table {
    async fn page(&self, start: Option<&Value>) -> Result<UserPage, Error> {
        let mut body = json!({ "TableName": self.name, "ProjectionExpression": "UserID" });
        if let Some(start) = start {
            body["ExclusiveStartKey"] = start.clone();
        }
        let body = body.to_string();
        let request = ServiceRequest { method: "POST", path: "/", headers: &HEADERS, body: body.as_bytes() };
        let answer = self.service.send(&request).await?;
        if answer.status != 200 {
            return Err(self.service.refused(&answer.described()));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| self.service.refused("the answer is not that of a scan of users"))
    }
}
