//! The words that the script is written in: one request as plain data.

/// An operation that is compared.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Create,
    Delete,
    Describe,
    Get,
    Password,
    Put,
    Relabel,
    Restore,
}

/// How a request names its secret. An ARN is the one that the server itself gave the secret of this name.
#[derive(Clone, Debug)]
pub enum Id {
    Text(String),
    Arn(&'static str),
    /// The ARN without its random suffix.
    PartialArn(&'static str),
    /// The ARN with another Region in it.
    ForeignArn(&'static str),
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// One request. What is `None` or empty is left out of it.
#[derive(Clone, Debug)]
pub struct Call {
    pub operation: Operation,
    pub id: Id,
    pub text: Option<String>,
    pub binary: Option<Vec<u8>>,
    /// Where it is left out, the SDK makes one up.
    pub token: Option<String>,
    pub stages: Option<Vec<String>>,
    pub version: Option<String>,
    pub stage: Option<&'static str>,
    /// The version that a label leaves, and the one that it comes to.
    pub from: Option<String>,
    pub to: Option<String>,
    pub days: Option<i64>,
    pub force: Option<bool>,
    pub description: Option<&'static str>,
    pub kms_key: Option<&'static str>,
    pub tag: Option<(&'static str, &'static str)>,
    /// Sent in the place of what all the others come to.
    pub body: Option<&'static str>,
}

pub fn create(name: impl Into<Id>) -> Call {
    Call::new(Operation::Create, name.into())
}

pub fn delete(id: impl Into<Id>) -> Call {
    Call::new(Operation::Delete, id.into())
}

pub fn describe(id: impl Into<Id>) -> Call {
    Call::new(Operation::Describe, id.into())
}

pub fn get(id: impl Into<Id>) -> Call {
    Call::new(Operation::Get, id.into())
}

/// A request for a password, which is on no secret, in the words of its body.
pub fn password(body: &'static str) -> Call {
    Call::new(Operation::Password, "".into()).body(body)
}

pub fn put(id: impl Into<Id>) -> Call {
    Call::new(Operation::Put, id.into())
}

pub fn relabel(id: impl Into<Id>, stage: &'static str) -> Call {
    Call::new(Operation::Relabel, id.into()).stage(stage)
}

pub fn restore(id: impl Into<Id>) -> Call {
    Call::new(Operation::Restore, id.into())
}

impl Call {
    fn new(operation: Operation, id: Id) -> Self {
        Self {
            operation,
            id,
            text: None,
            binary: None,
            token: None,
            stages: None,
            version: None,
            stage: None,
            from: None,
            to: None,
            days: None,
            force: None,
            description: None,
            kms_key: None,
            tag: None,
            body: None,
        }
    }

    pub fn text(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    pub fn binary(self, bytes: &[u8]) -> Self {
        Self { binary: Some(bytes.to_owned()), ..self }
    }

    /// A token, and so a version id, of 32 characters: the fewest that are allowed.
    pub fn token(self, letter: char) -> Self {
        self.token_of(letter, 32)
    }

    pub fn token_of(self, letter: char, len: usize) -> Self {
        Self { token: Some(letter.to_string().repeat(len)), ..self }
    }

    pub fn stages(self, stages: &[&str]) -> Self {
        Self { stages: Some(stages.iter().map(ToString::to_string).collect()), ..self }
    }

    /// This many labels, each another.
    pub fn many_stages(self, count: usize) -> Self {
        Self { stages: Some((0..count).map(|place| format!("label{place:02}")).collect()), ..self }
    }

    pub fn version(self, letter: char) -> Self {
        self.version_of(letter, 32)
    }

    pub fn version_of(self, letter: char, len: usize) -> Self {
        Self { version: Some(letter.to_string().repeat(len)), ..self }
    }

    pub fn stage(self, stage: &'static str) -> Self {
        Self { stage: Some(stage), ..self }
    }

    pub fn from(self, letter: char) -> Self {
        Self { from: Some(letter.to_string().repeat(32)), ..self }
    }

    pub fn to(self, letter: char) -> Self {
        self.into_of(letter, 32)
    }

    pub fn into_of(self, letter: char, len: usize) -> Self {
        Self { to: Some(letter.to_string().repeat(len)), ..self }
    }

    pub fn days(self, days: i64) -> Self {
        Self { days: Some(days), ..self }
    }

    pub fn force(self, force: bool) -> Self {
        Self { force: Some(force), ..self }
    }

    pub fn description(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }

    pub fn kms_key(self, kms_key: &'static str) -> Self {
        Self { kms_key: Some(kms_key), ..self }
    }

    pub fn tag(self, key: &'static str, value: &'static str) -> Self {
        Self { tag: Some((key, value)), ..self }
    }

    pub fn body(self, body: &'static str) -> Self {
        Self { body: Some(body), ..self }
    }
}
