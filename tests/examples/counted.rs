//! The work whose instructions `cargo xtask instructions` counts: `counted WORK` prepares it, and does it once in the function
//! [`counted`], which is all that Callgrind collects. `counted serve` is the server that the start reads from.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use driftless_testing::EmbeddedSecretsManager;
use paypulse_runtime::client::{CacheConfig, CachePolicy, Secrets};
use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, JwtSigningKey, LoginUser};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use xtask::output::Streams;
use xtask::steps::Steps;
use xtask::{Context, Exit};

type Outcome = Result<(), Box<dyn Error>>;

/// Secrets, handlers, and grants of each handler of the spec that is rendered.
const RENDERED: (usize, usize, usize) = (2_000, 1_000, 8);
/// More than one, because one read is short.
const HITS: usize = 1_000;
const MISSES: usize = 20;

fn main() -> Outcome {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "rendering" => rendering(),
        "plan" => plan(),
        "hit" => hit(),
        "miss" => miss(),
        "start" => start(),
        "serve" => serve(),
        other => Err(format!("`{other}` is not one of rendering, plan, hit, miss, start, serve").into()),
    }
}

/// Callgrind collects what happens between the call of this function and its return. Not generic, so that one function has its name.
#[inline(never)]
fn counted(work: &mut dyn FnMut() -> Outcome) -> Outcome {
    work()
}

/// `gen-infra`, from the spec's JSON to files.
fn rendering() -> Outcome {
    let dir = tempfile::tempdir()?;
    let (spec, out) = (dir.path().join("spec.json"), dir.path().join("out"));
    fs::write(&spec, large_spec())?;
    counted(&mut || -> Outcome { command(&["gen-infra", "--spec", text(&spec), "--out", text(&out)]) })
}

/// `check-plan` of a plan that the real provider wrote.
fn plan() -> Outcome {
    let plans = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/plans/real");
    let (plan, spec) = (plans.join("unchanged.json"), plans.join("spec.json"));
    counted(&mut || -> Outcome { command(&["check-plan", text(&plan), "--spec", text(&spec)]) })
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the paths of this workspace are text")
}

fn command(arguments: &[&str]) -> Outcome {
    let (root, nothing) = (env::temp_dir(), Spec::empty(String::new()));
    let context = Context {
        spec: Some(&nothing),
        program: xtask::PROGRAM,
        root: &root,
        terraform_dir: root.clone(),
        interrupted: &|| false,
        steps: Steps::default(),
    };
    let line = ["xtask"].iter().chain(arguments).map(Into::into);
    match xtask::run(&context, line, &mut Streams { out: &mut io::sink(), err: &mut io::stderr() }) {
        Exit::Done => Ok(()),
        exit => Err(format!("{arguments:?} ended with {exit:?}").into()),
    }
}

/// Half of the secrets are families. Every second handler also updates the families that it is granted.
fn large_spec() -> String {
    let (secrets, handlers, grants) = RENDERED;
    let secret = |number: usize| {
        let (name, owner) = if number % 2 == 1 {
            (format!("team{}/secret{number}/{{id}}", number % 50), json!({ "kind": "runtime" }))
        } else {
            let variable = format!("secret_{number}");
            (format!("team{}/secret{number}", number % 50), json!({ "kind": "terraform", "variable": variable }))
        };
        json!({
            "id": format!("Secret{number}"), "name": name, "description": format!("Secret {number}."),
            "payload": { "kind": "text" }, "owner": owner,
        })
    };
    let handler = |number: usize| {
        let granted = (0..grants).map(|place| {
            let secret = (number * grants + place) % secrets;
            let verbs: &[&str] = if secret % 2 == 1 && number % 2 == 1 { &["read", "update"] } else { &["read"] };
            json!({ "secret": format!("Secret{secret}"), "verbs": verbs })
        });
        json!({
            "id": format!("Handler{number}"), "name": format!("handler-{number}"),
            "role": { "kind": "created" }, "grants": granted.collect::<Vec<_>>(),
        })
    };
    let (secrets, handlers): (Vec<_>, Vec<_>) =
        ((0..secrets).map(secret).collect(), (0..handlers).map(handler).collect());
    json!({ "version": 1, "source": "large.json", "secrets": secrets, "handlers": handlers }).to_string()
}

/// Reads a bundle that is in the cache.
fn hit() -> Outcome {
    let (runtime, secrets) = (runtime()?, cached(1)?);
    let user = user(0)?;
    runtime.block_on(async { secrets.cached(&user).await.map(drop) })?;
    counted(&mut || -> Outcome {
        runtime.block_on(async {
            for _ in 0..HITS {
                drop(secrets.cached(&user).await?);
            }
            Outcome::Ok(())
        })
    })
}

/// Reads bundles that are not in the cache, from a server in this process.
fn miss() -> Outcome {
    let (runtime, secrets) = (runtime()?, cached(MISSES + 1)?);
    let users = (0..=MISSES).map(user).collect::<Result<Vec<_>, _>>()?;
    // The first one also prepares the client.
    runtime.block_on(async { secrets.cached(&users[MISSES]).await.map(drop) })?;
    counted(&mut || -> Outcome {
        runtime.block_on(async {
            for user in &users[..MISSES] {
                drop(secrets.cached(user).await?);
            }
            Outcome::Ok(())
        })
    })
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn user(number: usize) -> Result<GmailUserTokens, Box<dyn Error>> {
    Ok(GmailUserTokens { user_id: format!("user{number:08}").parse()? })
}

fn cached(users: usize) -> Result<Secrets<FetchInvoices>, Box<dyn Error>> {
    let server = EmbeddedSecretsManager::new();
    for number in 0..users {
        let bundle = json!({
            "access_token": "a".repeat(200), "refresh_token": "r".repeat(100),
            "expires_at": "2124-11-01T11:00:00.000000", "expires_in": 3599, "token_type": "Bearer",
            "scope": "https://www.googleapis.com/auth/gmail.readonly", "created_at": "2024-11-01T10:00:00.000000",
        });
        server.put(&format!("gmail/user/user{number:08}"), bundle.to_string());
    }
    let config = CacheConfig::new().policy(CachePolicy::new());
    Ok(Secrets::new(server.client()).with_cache(config)?)
}

/// From the environment to the first secret, over HTTP from another process.
fn start() -> Outcome {
    counted(&mut || -> Outcome {
        runtime()?.block_on(async {
            let secrets = Secrets::<LoginUser>::from_env().await?;
            drop(secrets.read(&JwtSigningKey).await?);
            Outcome::Ok(())
        })
    })
}

/// Prints its address, and answers until its standard input ends.
fn serve() -> Outcome {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let server = EmbeddedSecretsManager::new();
    server.put("PayPulseAppJWTSecret", "a-signing-key-of-32-characters!!");
    let front = runtime.block_on(server.serve())?;
    println!("{}", front.url());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
