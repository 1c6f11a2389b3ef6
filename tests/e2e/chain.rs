//! The whole chain on one account: the files, Terraform, the roles, every grant, every other call, a second plan, and the end.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_sdk_secretsmanager::Client;
use libtest_mimic::Trial;
use paypulse_runtime::spec::spec;
use xtask::Exit;

use crate::access;
use crate::account::Account;
use crate::expected::DECOYS;
use crate::findings::{Kind, Report};
use crate::granted::SIGNING_KEY;
use crate::provider::Provider;
use crate::terraform::Module;
use crate::tools::Tools;
use crate::{Result, check, command};

/// What is tried, and on what.
#[derive(Clone)]
pub struct Rig {
    pub tools: Arc<Tools>,
    provider: Arc<OnceLock<std::result::Result<Provider, String>>>,
    stand_in: Arc<OnceLock<std::result::Result<Provider, String>>>,
}

impl Rig {
    pub fn new(tools: Tools) -> Self {
        Self { tools: Arc::new(tools), provider: Arc::default(), stand_in: Arc::default() }
    }

    /// The provider, which is chosen when the first check needs one: that can take a while.
    pub fn provider(&self) -> Result<&Provider> {
        let chosen = self.provider.get_or_init(|| Provider::choose(&self.tools).map_err(|error| error.to_string()));
        Ok(chosen.as_ref().map_err(Clone::clone)?)
    }

    /// The stand-in, whatever else there is.
    pub fn stand_in(&self) -> Result<&Provider> {
        let made = self.stand_in.get_or_init(|| Provider::stand_in(&self.tools).map_err(|error| error.to_string()));
        Ok(made.as_ref().map_err(Clone::clone)?)
    }

    /// A provider whose resources have a `region`: the stand-in, where the other is of version 5.
    pub fn provider_with_region(&self) -> Result<&Provider> {
        let provider = self.provider()?;
        if provider.has_region() {
            return Ok(provider);
        }
        eprintln!("{} has no `region` of a secret, so that the stand-in is used for that", provider.name());
        self.stand_in()
    }
}

/// Does something to the files before they are applied, or to the account afterwards.
pub struct Spoilt<'a> {
    pub files: &'a dyn Fn(&Module<'_>) -> Result,
    pub account: &'a dyn Fn(&Account) -> Result,
}

/// How the chain ended where nothing was spoilt, for the table at the end.
static ENDED: Mutex<Option<Report>> = Mutex::new(None);

/// The report of the chain on the committed files, if it came to its end.
pub fn ended() -> Option<Report> {
    ENDED.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The chain as a check: nothing may be found.
pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("chain", move || {
        let report = run(&rig, None, &|step| eprintln!("chain: {step} ..."))?;
        let found = report.lines();
        *ENDED.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
        if found.is_empty() { Ok(()) } else { Err(found.into()) }
    })]
}

/// Runs the chain. Wrong access to a secret is in the report; a step that cannot be done is an error.
pub fn run(rig: &Rig, spoilt: Option<&Spoilt<'_>>, say: &dyn Fn(&str)) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    let account = Account::open(&rig.tools)?;
    runtime.block_on(prepare(&account.administrator()))?;
    let module = Module::copy(&rig.tools, rig.provider()?, &account)?;
    spoilt.map_or(Ok(()), |spoilt| (spoilt.files)(&module))?;

    report.step("hold the files to the spec", say, |report| hold_to_spec(&module, report))?;
    report.step("terraform init and validate", say, |_| module.prepare())?;
    report.step("terraform apply", say, |_| module.apply())?;
    spoilt.map_or(Ok(()), |spoilt| (spoilt.account)(&account))?;
    let roles = report.step("assume every role", say, |report| access::assume(&account, report))?;
    let worked = report.step("make every granted call", say, |report| {
        runtime.block_on(access::try_granted(&account, &roles, report))
    })?;
    let denied = report
        .step("make every other call", say, |report| runtime.block_on(access::try_denied(&account, &roles, report)))?;
    report.worked = worked;
    report.denied = denied;
    report.step("terraform plan, again", say, |report| {
        if let Some(changes) = module.drift()? {
            report.find(Kind::Drift, format!("a plan after the apply would change something:\n{changes}"));
        }
        Ok(())
    })?;
    if spoilt.is_none() {
        report.step("terraform destroy", say, |report| {
            module.destroy()?;
            runtime.block_on(look_at_what_is_left(&account, report))
        })?;
    }
    Ok(report)
}

/// What exists before Terraform is first run, and whatever else is in an account.
pub async fn prepare(administrator: &Client) -> Result {
    let fixed = [("PayPulseAppJWTSecret", SIGNING_KEY)].into_iter();
    for (name, value) in fixed.chain(DECOYS.map(|name| (name, "decoy"))) {
        administrator.create_secret().name(name).secret_string(value).send().await?;
    }
    Ok(())
}

/// `cargo xtask gen-infra --check`, as a command line.
fn hold_to_spec(module: &Module<'_>, report: &mut Report) -> Result {
    let said = command::xtask(&spec(), module.dir(), &["gen-infra", "--check"])?;
    match said.exit {
        Exit::Done => Ok(()),
        Exit::Stale => {
            report.find(Kind::Stale, said.out);
            Ok(())
        }
        _ => Err(said.err.into()),
    }
}

/// Terraform takes away what it made, and nothing else.
async fn look_at_what_is_left(account: &Account, report: &mut Report) -> Result {
    let administrator = account.administrator();
    for name in ["Google-OAuth-Client-ID", "gemini-api-key", "jev/api-key"] {
        let made = administrator.get_secret_value().secret_id(name).send().await;
        report.require(made.is_err(), Kind::Destroyed, &format!("`{name}`, which Terraform made, can still be read"));
    }
    let kept = DECOYS.map(|name| (name, "decoy")).into_iter().chain([("PayPulseAppJWTSecret", SIGNING_KEY)]);
    for (name, value) in kept {
        let answer = administrator.get_secret_value().secret_id(name).send().await;
        let is_kept = answer.is_ok_and(|answer| answer.secret_string() == Some(value));
        report.require(is_kept, Kind::Destroyed, &format!("`{name}` is not as it was"));
    }
    let roles: serde_json::Map<String, serde_json::Value> = account.manage(&["sessions"])?;
    report.require(roles.is_empty(), Kind::Destroyed, "there are still roles");
    Ok(())
}
