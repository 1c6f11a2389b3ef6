//! Taking turns: everything that one side writes, the other reads, in both directions.

use std::fmt;

use paypulse_runtime::oauth::{GoogleAccount, NewTokens};
use serde_json::{Map, Value, json};

use super::both::{Both, done};
use super::fields::{self, During, Fields};
use super::server::Server;
use super::{LIFETIME, Side, ensure, marks, python, windows};
use crate::Result;
use crate::tools::Tools;

/// Who writes, and who reads what was written.
#[derive(Clone, Copy)]
pub struct Pair {
    pub writer: Side,
    pub reader: Side,
}

pub const RUST_FOR_PYTHON: Pair = Pair { writer: Side::Rust, reader: Side::Python };
pub const PYTHON_FOR_RUST: Pair = RUST_FOR_PYTHON.turned();

impl Pair {
    const fn turned(self) -> Self {
        Self { writer: self.reader, reader: self.writer }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.writer, self.reader)
    }
}

const SIDES: [Side; 2] = [Side::Python, Side::Rust];

const FALLBACK_SCOPE: &str = "https://www.googleapis.com/auth/gmail.readonly";

/// Each pair of a writer and a reader on users of its own, then what only one side does.
pub async fn run(tools: &Tools, server: Server) -> Result {
    let both = &mut Both::on(tools, server)?;
    for (writer, reader) in SIDES.into_iter().flat_map(|writer| SIDES.map(|reader| (writer, reader))) {
        let pair = Pair { writer, reader };
        let context = |error| format!("{writer} writes and {reader} reads: {error}");
        a_life_from_consent_to_deletion(both, pair).await.map_err(context)?;
        a_token_that_is_expired_at_once(both, pair).await.map_err(context)?;
        a_consent_that_says_little(both, pair).await.map_err(context)?;
        an_update_where_nothing_can_be_read(both, pair).await.map_err(context)?;
    }
    times_without_microseconds(both).await?;
    fields_of_a_later_release(both).await?;
    a_refresh_token_that_the_other_side_stored(both).await?;
    windows::run(both).await?;
    both.python.check_log()
}

async fn a_life_from_consent_to_deletion(both: &mut Both, pair: Pair) -> Result {
    let user = &format!("life-{pair}");
    ensure(both.get(pair.reader, user).await?.is_none(), || "a user who never connected has tokens".into())?;
    ensure(!both.update(pair.writer, user, "nothing").await?, || "an update has connected a user".into())?;
    for connection in ["first", "second"] {
        let fields = store(both, user, &marks::consent(user, connection), pair).await?;
        let fields = update(both, user, &fields, &format!("{connection}, by the reader"), pair.turned()).await?;
        update(both, user, &fields, &format!("{connection}, by the writer"), pair).await?;
    }
    both.delete(pair.reader, user).await?;
    ensure(both.get(pair.writer, user).await?.is_none(), || "deleted tokens are still there".into())?;
    both.delete(pair.writer, user).await?;
    store(both, user, &marks::consent(user, "third"), pair.turned()).await.map(drop)
}

async fn a_token_that_is_expired_at_once(both: &mut Both, pair: Pair) -> Result {
    let user = &format!("expired-{pair}");
    let new = NewTokens { expires_in: 0, ..marks::consent(user, "first") };
    let fields = store(both, user, &new, pair).await?;
    update(both, user, &fields, "second", pair.turned()).await.map(drop)
}

async fn a_consent_that_says_little(both: &mut Both, pair: Pair) -> Result {
    let user = &format!("little-{pair}");
    let address = GoogleAccount { email: Some("somebody@gmail.com".into()), ..GoogleAccount::default() };
    for account in [address, GoogleAccount::default()] {
        let new = NewTokens { refresh_token: None, account, ..marks::consent(user, "first") };
        let fields = store(both, user, &new, pair).await?;
        update(both, user, &fields, "second", pair.turned()).await?;
    }
    Ok(())
}

async fn an_update_where_nothing_can_be_read(both: &mut Both, pair: Pair) -> Result {
    let user = &format!("broken-{pair}");
    store(both, user, &marks::consent(user, "first"), pair.turned()).await?;
    both.put(user, "not a bundle").await?;
    if pair.writer == Side::Python {
        let answer = both.python.ask(&python::update(user, "second", None))?;
        let is_kept = both.text(user).await? == "not a bundle";
        return ensure(is_kept && answer.error.as_deref() == Some("JSONDecodeError"), || {
            format!("it ended with {answer:?}")
        });
    }
    let new = NewTokens {
        access_token: "second".into(),
        refresh_token: None,
        expires_in: LIFETIME,
        scope: FALLBACK_SCOPE.into(),
        account: GoogleAccount::default(),
    };
    let during = During::now();
    ensure(both.update(pair.writer, user, "second").await?, || "there was nothing to update".into())?;
    check_new(both, user, &new, &during, pair).await.map(drop)
}

/// Python leaves a fraction out that is zero, which a clock gives once in a million times.
async fn times_without_microseconds(both: &mut Both) -> Result {
    let (user, during) = ("whole-seconds", During::now());
    let new = marks::consent(user, "first");
    done(both.python.ask(&python::with(python::store(user, &new), "whole_seconds", true))?)?;
    let stored: Fields = serde_json::from_str(&both.text(user).await?)?;
    let seconds = "2024-11-01T11:00:00".len();
    ensure(stored["created_at"].as_str().map(str::len) == Some(seconds), || "python wrote a fraction".into())?;
    let fields = check_new(both, user, &new, &during, PYTHON_FOR_RUST).await?;
    update(both, user, &fields, "second", RUST_FOR_PYTHON).await.map(drop)
}

/// A Python function of a later release keeps more than this client knows of.
async fn fields_of_a_later_release(both: &mut Both) -> Result {
    let user = "later-release";
    let more = json!({"refresh_count": 7, "devices": [{"name": "Zoë's phone", "seen": 1.50}], "access": null});
    let new = marks::consent(user, "first");
    done(both.python.ask(&python::with(python::store(user, &new), "more", more.clone()))?)?;
    ensure(both.update(Side::Rust, user, "second").await?, || "there was nothing to update".into())?;
    let text = both.text(user).await?;
    fields::check_form(&text, Side::Rust)?;
    let stored: Map<String, Value> = serde_json::from_str(&text)?;
    let kept = more.as_object().into_iter().flatten().all(|(key, value)| stored.get(key) == Some(value));
    ensure(kept && stored["access_token"] == "second", || format!("an update by rust left {text}"))?;
    // Python's own update writes the bundle from scratch.
    ensure(both.update(Side::Python, user, "third").await?, || "there was nothing to update".into())?;
    let left = both.get(Side::Python, user).await?.unwrap_or_default();
    ensure(!left.contains_key("devices"), || "an update by python keeps what it does not know".into())
}

/// Google gives the refresh token once; a later consent to the same account comes without.
async fn a_refresh_token_that_the_other_side_stored(both: &mut Both) -> Result {
    let user = "same-account";
    let first = marks::consent(user, "first");
    both.store(Side::Python, user, &first).await?;
    let again = NewTokens { refresh_token: None, access_token: "second".into(), ..first.clone() };
    both.store(Side::Rust, user, &again).await?;
    let expected = fields::of_consent(&NewTokens { access_token: "second".into(), ..first }, Side::Rust);
    let fields = both.get(Side::Python, user).await?.unwrap_or_default();
    ensure(fields.get("refresh_token") == expected.get("refresh_token"), || "a refresh token is lost".into())
}

/// Stores a consent, and has the other side read it.
pub async fn store(both: &mut Both, user: &str, new: &NewTokens, pair: Pair) -> Result<Fields> {
    let during = During::now();
    both.store(pair.writer, user, new).await?;
    check_new(both, user, new, &during, pair).await
}

async fn check_new(both: &mut Both, user: &str, new: &NewTokens, during: &During, pair: Pair) -> Result<Fields> {
    fields::check_form(&both.text(user).await?, pair.writer)?;
    let fields = both.get(pair.reader, user).await?.ok_or("what was stored is not there")?;
    during.check(&fields, "created_at", 0)?;
    during.check(&fields, "expires_at", new.expires_in)?;
    let mut expected = fields::of_consent(new, pair.writer);
    for time in ["created_at", "expires_at"] {
        expected.insert(time.into(), fields[time].clone());
    }
    fields::check_equal(&fields, &expected)?;
    Ok(fields)
}

/// Updates the access token, and has the other side read it.
pub async fn update(both: &mut Both, user: &str, before: &Fields, token: &str, pair: Pair) -> Result<Fields> {
    let during = During::now();
    ensure(both.update(pair.writer, user, token).await?, || "there was nothing to update".into())?;
    check_updated(both, user, before, token, &during, pair).await
}

pub async fn check_updated(
    both: &mut Both,
    user: &str,
    before: &Fields,
    token: &str,
    during: &During,
    pair: Pair,
) -> Result<Fields> {
    fields::check_form(&both.text(user).await?, pair.writer)?;
    let fields = both.get(pair.reader, user).await?.ok_or("what was updated is not there")?;
    during.check(&fields, "expires_at", LIFETIME)?;
    let expected = with(before, "access_token", token);
    let expected = with(&expected, "expires_at", fields["expires_at"].clone());
    let mut expected = with(&with(&expected, "expires_in", LIFETIME), "is_expired", false);
    if pair.writer == Side::Python {
        during.check(&fields, "created_at", 0)?;
        expected = with(&expected, "created_at", fields["created_at"].clone());
        fields::add_unknown(&mut expected);
    }
    fields::check_equal(&fields, &expected)?;
    Ok(fields)
}

fn with(fields: &Fields, key: &str, value: impl Into<Value>) -> Fields {
    let mut fields = fields.clone();
    fields.insert(key.to_owned(), value.into());
    fields
}
