//! What is in the account that the loopback server answers for.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use paypulse_runtime::model::{HandlerSpec, RoleHandlers, SecretSpec};
use serde_json::{Value, json};
use xtask::iam::{Policy, Resource};

use crate::server::Call;

pub const ACCOUNT: &str = "123456789012";
const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:";
/// So many entries are on a page of secrets.
const PAGE: usize = 100;

/// A secret.
#[derive(Clone)]
pub struct Secret {
    pub name: String,
    /// `None` is binary, and no version is current where there is nothing at all.
    pub value: Option<String>,
    pub is_binary: bool,
    pub deleted: bool,
    pub policy: Option<String>,
    pub kms_key: Option<String>,
    /// Its tags by key.
    pub tags: Vec<(&'static str, &'static str)>,
    /// In days before now.
    pub accessed: Option<f64>,
    pub created: f64,
    pub changed: f64,
    /// In days before now, when each version was made.
    pub versions: Vec<f64>,
}

impl Secret {
    /// One that nothing is wrong with, whatever the spec says of its value.
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            is_binary: false,
            deleted: false,
            policy: None,
            kms_key: None,
            tags: Vec::new(),
            accessed: Some(1.0),
            created: 200.0,
            changed: 50.0,
            versions: vec![200.0, 50.0],
        }
    }

    pub fn arn(&self) -> String {
        format!("{ARN}{}-AbCdEf", self.name)
    }

    /// As the list has it.
    fn entry(&self, stages: &str) -> Value {
        let has_value = self.value.is_some() || self.is_binary;
        let stage = if has_value { json!(["AWSCURRENT"]) } else { json!(["AWSPENDING"]) };
        let mut entry = json!({
            "ARN": self.arn(),
            "Name": self.name,
            "CreatedDate": ago(self.created),
            "LastChangedDate": ago(self.changed),
        });
        let tags = self.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
        entry["Tags"] = tags.collect();
        entry[stages] = json!({ "00000000-0000-0000-0000-000000000000": stage });
        let optional = [
            ("LastAccessedDate", self.accessed.map(|days| json!(ago(days)))),
            ("DeletedDate", self.deleted.then(|| json!(ago(1.0)))),
            ("KmsKeyId", self.kms_key.as_ref().map(|key| json!(key))),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                entry[name] = value;
            }
        }
        entry
    }

    pub fn described(&self) -> Value {
        self.entry("VersionIdsToStages")
    }

    pub fn listed_versions(&self) -> Value {
        let version =
            |days: &f64| json!({ "VersionId": "00000000-0000-0000-0000-000000000000", "CreatedDate": ago(*days) });
        json!({ "Versions": self.versions.iter().map(version).collect::<Vec<_>>() })
    }

    pub fn resource_policy(&self) -> Value {
        json!({ "ARN": self.arn(), "Name": self.name, "ResourcePolicy": self.policy })
    }

    pub fn read(&self) -> Value {
        let value = if self.is_binary { "SecretBinary" } else { "SecretString" };
        let mut answer = json!({ "ARN": self.arn(), "Name": self.name });
        answer[value] = json!(if self.is_binary { Some("aHVudGVyMg==".to_owned()) } else { self.value.clone() });
        answer
    }
}

fn ago(days: f64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right").as_secs_f64();
    now - days * 24.0 * 3600.0
}

/// A role, a user or a group.
#[derive(Clone)]
pub struct Identity {
    /// `Role`, `User` or `Group`.
    pub kind: &'static str,
    pub name: String,
    pub trust: Value,
    /// Documents by name.
    pub inline: Vec<(String, Value)>,
    pub attached: Vec<String>,
    pub boundary: Option<String>,
}

impl Identity {
    pub fn new(kind: &'static str, name: &str) -> Self {
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" } }],
        });
        Self { kind, name: name.to_owned(), trust, inline: Vec::new(), attached: Vec::new(), boundary: None }
    }

    /// With one inline policy more.
    pub fn with(mut self, statements: &Value) -> Self {
        let name = format!("policy-{}", self.inline.len());
        self.inline.push((name, json!({ "Version": "2012-10-17", "Statement": statements })));
        self
    }

    fn xml(&self) -> String {
        let (kind, name, lower) = (self.kind, &self.name, self.kind.to_ascii_lowercase());
        let mut xml = format!("<{kind}Name>{name}</{kind}Name><Arn>arn:aws:iam::{ACCOUNT}:{lower}/{name}</Arn>");
        if kind == "Role" {
            let _ = write!(
                xml,
                "<AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>",
                encoded(&self.trust.to_string())
            );
        }
        let _ = write!(xml, "<{kind}PolicyList>");
        for (name, document) in &self.inline {
            let document = encoded(&document.to_string());
            let _ = write!(
                xml,
                "<member><PolicyName>{name}</PolicyName><PolicyDocument>{document}</PolicyDocument></member>"
            );
        }
        let _ = write!(xml, "</{kind}PolicyList><AttachedManagedPolicies>");
        for arn in &self.attached {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let _ = write!(xml, "<member><PolicyName>{name}</PolicyName><PolicyArn>{arn}</PolicyArn></member>");
        }
        xml.push_str("</AttachedManagedPolicies>");
        if let Some(arn) = &self.boundary {
            let _ = write!(
                xml,
                "<PermissionsBoundary><PermissionsBoundaryType>PermissionsBoundaryPolicy</PermissionsBoundaryType>\
                 <PermissionsBoundaryArn>{arn}</PermissionsBoundaryArn></PermissionsBoundary>"
            );
        }
        xml
    }
}

/// The roles that PayPulse's handlers have, with the policies that the generator gives them.
pub fn roles() -> Vec<Identity> {
    let spec = paypulse_runtime::spec::spec();
    let secrets: HashMap<&str, &SecretSpec> = spec.secrets.iter().map(|it| (it.id.as_str(), it)).collect();
    let apart = spec.with_versions_apart();
    let role = |handler: &HandlerSpec| {
        let role = RoleHandlers::of_one(handler);
        let statements = Policy::of(&role, &secrets, &apart).statements.into_iter().map(|statement| {
            let resources = statement.secrets.iter().map(|resource| match resource {
                Resource::Secret { name, .. } => format!("{ARN}{name}-AbCdEf"),
                Resource::Pattern(pattern) => format!("{ARN}{pattern}"),
                Resource::Everything => "*".to_owned(),
            });
            let resources: Vec<_> = resources.collect();
            let mut json = json!({ "Effect": "Allow", "Action": statement.actions, "Resource": resources });
            for (operator, key, value) in statement.versions.conditions() {
                json["Condition"][operator][key] = json!(value);
            }
            json
        });
        Identity::new("Role", &handler.name).with(&statements.collect())
    };
    spec.handlers.iter().map(role).collect()
}

/// IAM percent-encodes documents.
pub fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Everything that is there.
#[derive(Clone, Default)]
pub struct Account {
    pub secrets: Vec<Secret>,
    pub identities: Vec<Identity>,
    /// Managed policies by ARN, also those of AWS's.
    pub policies: Vec<(String, Value)>,
}

impl Account {
    /// By its name or ARN.
    pub fn secret(&self, id: &str) -> Option<&Secret> {
        let name = id.strip_prefix(ARN).map_or(id, |stored| stored.trim_end_matches("-AbCdEf"));
        self.secrets.iter().find(|secret| secret.name == name)
    }

    pub fn list_secrets(&self, token: Option<&str>) -> Value {
        let start: usize = token.map_or(0, |token| token.parse().expect("it is one of ours"));
        let page = self.secrets.iter().skip(start).take(PAGE).map(|secret| secret.entry("SecretVersionsToStages"));
        let mut answer = json!({ "SecretList": page.collect::<Vec<_>>() });
        if start + PAGE < self.secrets.len() {
            answer["NextToken"] = json!((start + PAGE).to_string());
        }
        answer
    }

    /// An answer of IAM or STS. A page of the account's details has one entry.
    pub fn iam(&self, call: &Call) -> String {
        let result = match call.name.as_str() {
            "GetCallerIdentity" => {
                format!("<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/auditor</Arn>")
            }
            "GetAccountAuthorizationDetails" => self.details(call),
            "GetPolicy" => "<Policy><DefaultVersionId>v7</DefaultVersionId></Policy>".to_owned(),
            "GetPolicyVersion" => {
                let policy = self.policies.iter().find(|(arn, _)| *arn == call.on);
                let document = policy.map_or_else(String::new, |(_, document)| encoded(&document.to_string()));
                format!("<PolicyVersion><Document>{document}</Document><VersionId>v7</VersionId></PolicyVersion>")
            }
            other => panic!("an audit does not call {other}"),
        };
        let name = &call.name;
        format!("<{name}Response><{name}Result>{result}</{name}Result></{name}Response>")
    }

    fn details(&self, call: &Call) -> String {
        let mut pages: Vec<String> = Vec::new();
        if call.on.contains("LocalManagedPolicy") {
            let local = self.policies.iter().filter(|(arn, _)| !arn.contains("::aws:"));
            pages.extend(local.map(|(arn, document)| policy(arn, document)));
        }
        let wanted = self.identities.iter().filter(|identity| call.on.split(',').any(|kind| kind == identity.kind));
        pages
            .extend(wanted.map(|it| format!("<{0}DetailList><member>{1}</member></{0}DetailList>", it.kind, it.xml())));
        let page: usize = call.token.as_ref().map_or(0, |token| token.parse().expect("it is one of ours"));
        let truncated = page + 1 < pages.len();
        let marker = if truncated { format!("<Marker>{}</Marker>", page + 1) } else { String::new() };
        let page = pages.get(page).cloned().unwrap_or_default();
        format!("<IsTruncated>{truncated}</IsTruncated>{marker}{page}")
    }
}

/// A policy whose older version would allow everything.
fn policy(arn: &str, document: &Value) -> String {
    let old = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let version = |id: &str, is_default: bool, document: &Value| {
        let document = encoded(&document.to_string());
        format!(
            "<member><Document>{document}</Document><VersionId>{id}</VersionId>\
             <IsDefaultVersion>{is_default}</IsDefaultVersion></member>"
        )
    };
    let versions = version("v1", false, &old) + &version("v2", true, document);
    format!("<Policies><member><Arn>{arn}</Arn><PolicyVersionList>{versions}</PolicyVersionList></member></Policies>")
}
