//! What cached values cost, and what is left of them: the resident memory of each, and the copies of their tokens that this
//! process still holds after it has dropped them, beside those that the bare SDK leaves.
//!
//! ```sh
//! cargo run --release -p paypulse-runtime --example cache_memory -- resident 100000
//! cargo run --release -p paypulse-runtime --example cache_memory -- left-by-cache 200
//! cargo run --release -p paypulse-runtime --example cache_memory -- left-by-sdk 200
//! ```
//!
//! Linux alone: it reads `/proc/self`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use paypulse_runtime::client::{CacheConfig, CachePolicy, Secrets};
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens};
use paypulse_runtime::testing::EmbeddedSecretsManager;

/// Is part of each token, split here so that the program itself does not hold it.
const MARK: [&str; 2] = ["a-token-that-is", "-looked-for-"];
const MARK_LENGTH: usize = MARK[0].len() + MARK[1].len();

/// The bytes of a bundle.
const BUNDLE: usize = 666;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "resident".to_owned());
    let users: usize = arguments.next().map_or(Ok(20_000), |users| users.parse())?;
    let server = EmbeddedSecretsManager::new();
    match what.as_str() {
        "resident" => resident(&server, users).await,
        "left-by-cache" => left_by_cache(&server, users).await,
        "left-by-sdk" => left_by_sdk(&server, users).await,
        other => Err(format!("`{other}` is not one of resident, left-by-cache, left-by-sdk").into()),
    }
}

async fn resident(server: &EmbeddedSecretsManager, users: usize) -> Result<(), Box<dyn Error>> {
    let secrets = cached(server)?;
    // What is only set up once is not the cost of a value.
    read_and_remove(server, &secrets, 0..200).await?;
    let before = resident_bytes()?;
    read_and_remove(server, &secrets, 200..200 + users).await?;
    let each = (resident_bytes()? - before) / users;
    println!("{each} bytes of resident memory for each of {users} bundles of {BUNDLE} bytes");
    Ok(())
}

async fn left_by_cache(server: &EmbeddedSecretsManager, users: usize) -> Result<(), Box<dyn Error>> {
    let secrets = cached(server)?;
    read_and_remove(server, &secrets, 0..users).await?;
    println!("of {users} tokens there are {}", tokens_in_memory(users)?);
    drop(secrets);
    println!("of {users} tokens are left {}", tokens_in_memory(users)?);
    Ok(())
}

async fn left_by_sdk(server: &EmbeddedSecretsManager, users: usize) -> Result<(), Box<dyn Error>> {
    let client = server.client();
    let mut answers = Vec::new();
    for user in 0..users {
        server.put(&name(user), bundle(user));
        let answer = client.get_secret_value().secret_id(name(user)).send().await?;
        // Wiped as the client wipes it: what is left is the SDK's own.
        answers.extend(answer.secret_string.map(zeroize::Zeroizing::new));
        remove(server, user).await?;
    }
    println!("of {users} tokens there are {}", tokens_in_memory(users)?);
    drop(answers);
    println!("of {users} tokens are left {}", tokens_in_memory(users)?);
    Ok(())
}

fn cached(server: &EmbeddedSecretsManager) -> Result<Secrets<FetchInvoices>, Box<dyn Error>> {
    let policy = CachePolicy::new().ttl(Duration::from_hours(1));
    let config = CacheConfig::new().entries(1_000_000).bytes(1 << 40).policy(policy);
    Ok(Secrets::new(server.client()).with_cache(config)?)
}

/// Reads users' bundles into the cache, and takes them out of the server, so that the cache alone holds them.
async fn read_and_remove(
    server: &EmbeddedSecretsManager,
    secrets: &Secrets<FetchInvoices>,
    users: std::ops::Range<usize>,
) -> Result<(), Box<dyn Error>> {
    for user in users {
        server.put(&name(user), bundle(user));
        let secret = GmailUserTokens { user_id: id(user).parse()? };
        drop(secrets.cached(&secret).await?);
        remove(server, user).await?;
    }
    Ok(())
}

async fn remove(server: &EmbeddedSecretsManager, user: usize) -> Result<(), Box<dyn Error>> {
    let delete = server.client().delete_secret().secret_id(name(user)).force_delete_without_recovery(true);
    delete.send().await?;
    server.take_calls();
    Ok(())
}

fn id(user: usize) -> String {
    format!("user{user:08}")
}

fn name(user: usize) -> String {
    format!("gmail/user/{}", id(user))
}

/// A bundle of 666 bytes, as large as a real one, whose access token bears the mark and the user's number. Written once and
/// in place, so that this program leaves no copy of its own.
fn bundle(user: usize) -> String {
    let number = format!("{user:08}");
    let tail = concat!(
        r#"","expires_at":"2024-11-01T11:00:00.000000","expires_in":3599,"#,
        r#""scope":"https://www.googleapis.com/auth/gmail.readonly","token_type":"Bearer","#,
        r#""created_at":"2024-11-01T10:00:00.000000","google_user_id":"118234567890123456789","#,
        r#""google_email":"jane.doe@gmail.com","google_name":"Jane Doe","google_verified_email":true}"#
    );
    let refresh = format!(r#"","refresh_token":"1//0{}"#, "r".repeat(99));
    let parts = [r#"{"access_token":""#, MARK[0], MARK[1], &number];
    let filling = "a".repeat(BUNDLE - parts.iter().map(|part| part.len()).sum::<usize>() - refresh.len() - tail.len());
    let mut bundle = String::with_capacity(BUNDLE);
    bundle.extend(parts.into_iter().chain([filling.as_str(), &refresh, tail]));
    bundle
}

fn resident_bytes() -> Result<usize, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? * 1024)
}

/// The users whose tokens stand in this process's writable memory.
#[derive(Default)]
struct Found {
    /// As a value: in this crate's hands, or in the SDK's once it has read it.
    values: BTreeSet<usize>,
    /// As AWS sent it, its quotes escaped: in a buffer that the SDK has read from and let go.
    answers: BTreeSet<usize>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as values, {} in answers that the SDK has read", self.values.len(), self.answers.len())
    }
}

fn tokens_in_memory(users: usize) -> Result<Found, Box<dyn Error>> {
    let mut memory = File::open("/proc/self/mem")?;
    let mut found = Found::default();
    let mut chunk = vec![0; 1 << 20];
    let own = chunk.as_ptr().addr() as u64..chunk.as_ptr().addr() as u64 + chunk.len() as u64;
    for line in fs::read_to_string("/proc/self/maps")?.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().and_then(|range| range.split_once('-')).ok_or("no range")?;
        let (mut at, to) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
        while at < to {
            memory.seek(SeekFrom::Start(at))?;
            let Ok(read) = memory.read(&mut chunk) else { break };
            // What this has read must not be found in what it reads.
            for place in places(&chunk[..read]).filter(|place| !own.contains(&(at + *place as u64))) {
                let digits = chunk[..read].get(place + MARK_LENGTH..place + MARK_LENGTH + 8).unwrap_or_default();
                let number = std::str::from_utf8(digits).ok().and_then(|number| number.parse::<usize>().ok());
                let kind = if is_in_an_answer(&chunk[..read], place) { &mut found.answers } else { &mut found.values };
                kind.extend(number.filter(|number| *number < users));
            }
            // A token may lie across the border of two chunks.
            at += if read == chunk.len() { read as u64 - 64 } else { read.max(1) as u64 };
        }
    }
    chunk.fill(0);
    Ok(found)
}

/// Whether the token at `place` is between escaped quotes. One of them is enough: what the allocator has given away again
/// may have been written over up to the token, or from within it.
fn is_in_an_answer(memory: &[u8], place: usize) -> bool {
    let behind = memory[place..].iter().position(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    memory[..place].ends_with(br#"\""#) || behind.is_some_and(|end| memory[place + end..].starts_with(br#"\""#))
}

/// Where the mark stands.
fn places(memory: &[u8]) -> impl Iterator<Item = usize> {
    let (first, second) = (MARK[0].as_bytes(), MARK[1].as_bytes());
    let windows = memory.windows(MARK_LENGTH).enumerate();
    windows.filter(move |(_, window)| window.starts_with(first) && window.ends_with(second)).map(|(at, _)| at)
}
