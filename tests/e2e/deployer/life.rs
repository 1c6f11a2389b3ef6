//! The life of the files under the policies of `deployer`: planned, applied, changed, and destroyed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use paypulse_runtime::model::Spec;
use serde_json::{Value, json};
use xtask::audit::Site;
use xtask::deployer::{AllowedActions, Files, LifeStep, ProviderVersion, Purpose, documents};

use super::calls::Calls;
use super::spec::{self, PREFIX};
use crate::Result;
use crate::account::{Account, REGION};
use crate::chain::Rig;
use crate::process::Scratch;
use crate::terraform::Module;

/// An account with what the files need, and the users that deploy them.
pub struct Life<'a> {
    pub account: Account,
    rig: &'a Rig,
    first: Spec,
    changed: Spec,
    prepared: BTreeMap<String, String>,
    scratch: Scratch,
    /// The calls of all steps so far.
    calls: RefCell<Calls>,
}

/// The credentials under which Terraform runs.
pub type Credentials = Vec<(&'static str, String)>;

impl<'a> Life<'a> {
    pub fn begin(rig: &'a Rig) -> Result<Self> {
        let scratch = Scratch::new()?;
        let account = Account::open_for_deployers(&rig.tools, &scratch.path().join("decisions"))?;
        let prepared = account.manage(&["deployer-prepared"])?;
        let (first, changed) = (spec::first()?, spec::changed()?);
        Ok(Self { account, rig, first, changed, prepared, scratch, calls: RefCell::default() })
    }

    /// What a plan or an apply of the files needs, before and after the change. With a boundary, roles have to have it.
    pub fn allowed(&self, purpose: Purpose, has_boundary: bool) -> Result<AllowedActions> {
        let site = Site { region: REGION.into(), account: "000000000000".into() };
        let provider: ProviderVersion = xtask::deployer::recorded().provider.parse()?;
        let mut variables = self.prepared.clone();
        variables.retain(|name, _| has_boundary || name != "permissions_boundary_arn");
        let mut allowed = AllowedActions::default();
        for spec in [&self.first, &self.changed] {
            let spec = spec.under(PREFIX);
            allowed.extend(Files { spec: &spec, site: &site, variables: &variables, provider }.allowed(purpose)?);
        }
        Ok(allowed)
    }

    /// A user of the account with these permissions, as managed policies.
    pub fn user(&self, name: &str, allowed: &AllowedActions) -> Result<Credentials> {
        let iam = |operation: &str, arguments: Value| -> Result<Value> {
            self.account.manage(&["iam", operation, &arguments.to_string()])
        };
        iam("create_user", json!({ "UserName": name }))?;
        for (index, document) in documents(allowed)?.iter().enumerate() {
            let policy = format!("{name}-{index}");
            let made = iam("create_policy", json!({ "PolicyName": policy, "PolicyDocument": document.to_string() }))?;
            let arn = made["Policy"]["Arn"].clone();
            iam("attach_user_policy", json!({ "UserName": name, "PolicyArn": arn }))?;
        }
        let key = iam("create_access_key", json!({ "UserName": name }))?;
        let text = |name: &str| key["AccessKey"][name].as_str().map(str::to_owned).ok_or("no key was made");
        Ok(vec![("AWS_ACCESS_KEY_ID", text("AccessKeyId")?), ("AWS_SECRET_ACCESS_KEY", text("SecretAccessKey")?)])
    }

    /// The files before the change, in an initialized directory.
    pub fn module(&self) -> Result<Module<'_>> {
        let files = spec::files(&self.first, false)?;
        let module = Module::of(&self.rig.tools, self.rig.provider()?, &self.account, &files, &self.variables(true)?)?;
        module.prepare()?;
        Ok(module)
    }

    /// Every step, with one user that plans and one that applies. `Err` has Terraform's output of the step that failed.
    pub fn run(&self, module: &Module<'_>, plans: &Credentials, applies: &Credentials) -> Result {
        self.step(module, plans, &["plan"], LifeStep::Read)?;
        self.step(module, applies, &["apply", "-auto-approve"], LifeStep::Create)?;
        self.step(module, plans, &["plan", "-detailed-exitcode"], LifeStep::Read)?;
        self.account.manage::<Value>(&["deployer-by-hand", "adds"])?;
        self.put(module, &self.changed, true, false)?;
        self.step(module, applies, &["apply", "-auto-approve"], LifeStep::Update)?;
        self.account.manage::<Value>(&["deployer-by-hand", "removes"])?;
        self.put(module, &self.first, false, true)?;
        self.step(module, applies, &["apply", "-auto-approve"], LifeStep::Update)?;
        self.step(module, plans, &["plan", "-detailed-exitcode"], LifeStep::Read)?;
        self.step(module, applies, &["destroy", "-auto-approve"], LifeStep::Delete)
    }

    /// Creates everything, with roles that have the permissions boundary or none, and destroys it again.
    pub fn create_and_destroy(&self, module: &Module<'_>, applies: &Credentials, has_boundary: bool) -> Result {
        self.put(module, &self.first, false, has_boundary)?;
        self.step(module, applies, &["apply", "-auto-approve"], LifeStep::Create)?;
        self.step(module, applies, &["destroy", "-auto-approve"], LifeStep::Delete)
    }

    fn step(&self, module: &Module<'_>, user: &Credentials, arguments: &[&str], applied: LifeStep) -> Result {
        let log = self.scratch.path().join("log");
        let _ = fs::remove_file(&log);
        let mut environment = user.clone();
        environment.extend([("TF_LOG", "JSON".to_owned()), ("TF_LOG_PATH", log.display().to_string())]);
        let output = module.run_with(&environment, arguments)?;
        let said = [output.stdout, output.stderr].concat();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&said);
            return Err(format!("`terraform {}` failed:\n{said}", arguments.join(" ")).into());
        }
        self.calls.borrow_mut().add(&log, applied)
    }

    /// Replaces the files by those of a spec.
    fn put(&self, module: &Module<'_>, spec: &Spec, is_changed: bool, has_boundary: bool) -> Result {
        for (name, text) in spec::files(spec, is_changed)? {
            module.put(&name, &text)?;
        }
        module.put("terraform.tfvars", &self.variables(has_boundary)?)
    }

    /// The values of the variables: without the permissions boundary, every role loses it.
    fn variables(&self, has_boundary: bool) -> Result<String> {
        let get = |name: &str| self.prepared.get(name).ok_or_else(|| format!("there is no `{name}`"));
        let value = if has_boundary { "first" } else { "second" };
        let mut text = format!("stage = \"{PREFIX}\"\nmaps_key = \"the {value}\"\npayment_key = \"the {value}\"\n");
        for name in ["customer_key_arn", "replica_key_arn", "customers_role"] {
            _ = writeln!(text, "{name} = \"{}\"", get(name)?);
        }
        _ = writeln!(text, "checkout_policy_arns = [\"{}\"]", get("checkout_policy_arn")?);
        _ = writeln!(text, "rotate_logins_function = {{ arn = \"{}\" }}", get("function")?);
        if has_boundary {
            _ = writeln!(text, "permissions_boundary_arn = \"{}\"", get("permissions_boundary_arn")?);
        }
        Ok(text)
    }

    /// The calls of the provider so far.
    pub fn calls(&self) -> Calls {
        self.calls.take()
    }

    /// The decisions of the server: pairs of an action and whether it was allowed.
    pub fn decided(&self) -> Result<BTreeSet<(String, bool)>> {
        let text = fs::read_to_string(self.decisions())?;
        let decisions = text.lines().map(|line| -> Result<_> {
            let (action, _, _, is_allowed): (String, String, String, bool) = serde_json::from_str(line)?;
            Ok((action, is_allowed))
        });
        decisions.collect()
    }

    /// Forgets the decisions so far.
    pub fn forget(&self) -> Result {
        Ok(fs::write(self.decisions(), "")?)
    }

    fn decisions(&self) -> PathBuf {
        self.scratch.path().join("decisions")
    }
}
