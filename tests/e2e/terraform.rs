//! Terraform on a copy of `terraform/`, against an account on 127.0.0.1: what is applied is what is committed, byte for
//! byte, unless a check spoils it on purpose.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::account::Account;
use crate::granted::variables;
use crate::process::{self, Scratch};
use crate::provider::Provider;
use crate::tools::{self, Tools};

/// Longer than any step takes, also of the real provider on a busy machine; a step that takes longer hangs.
const LIMIT: Duration = Duration::from_mins(5);

/// A copy of the module, and the directory that Terraform keeps beside it.
pub struct Module<'a> {
    tools: Tools,
    account: &'a Account,
    provider: &'a Provider,
    scratch: Scratch,
}

impl<'a> Module<'a> {
    /// A copy of the committed module, with a value for each of its variables that has none.
    pub fn copy(tools: &Tools, provider: &'a Provider, account: &'a Account) -> Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(tools::workspace().join("terraform"))? {
            let path = entry?.path();
            // Not what somebody has for their own account: `terraform.tfvars`, a state, a lock file.
            let is_committed = path.extension().is_some_and(|it| it == "tf" || it == "example" || it == "md")
                || path.ends_with(".gitignore");
            if let (true, Some(name)) = (is_committed, path.file_name()) {
                files.insert(name.to_string_lossy().into_owned(), fs::read_to_string(&path)?);
            }
        }
        Self::of(tools, provider, account, &files, &variables())
    }

    /// A module of these files, with these values for its variables.
    pub fn of(
        tools: &Tools,
        provider: &'a Provider,
        account: &'a Account,
        files: &BTreeMap<String, String>,
        variables: &str,
    ) -> Result<Self> {
        let module = Self { tools: tools.clone(), account, provider, scratch: Scratch::new()? };
        fs::create_dir(module.dir())?;
        fs::create_dir(module.home())?;
        for (name, text) in files {
            let path = module.dir().join(name);
            // The name can be one below a directory of its own.
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(path, text)?;
        }
        fs::write(module.dir().join("terraform.tfvars"), variables)?;
        Ok(module)
    }

    /// Where the `.tf` files are.
    pub fn dir(&self) -> PathBuf {
        self.scratch.path().join("terraform")
    }

    fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// Changes a file by hand, at the first place after a text. What is to be changed must be there, or the check that
    /// relies on it would check nothing.
    pub fn edit(&self, file: &str, after: &str, from: &str, to: &str) -> Result {
        let path = self.dir().join(file);
        let text = fs::read_to_string(&path)?;
        let (before, rest) = text.split_once(after).ok_or_else(|| format!("`{file}` does not hold `{after}`"))?;
        if !rest.contains(from) {
            return Err(format!("`{file}` does not hold `{from}` after `{after}`").into());
        }
        Ok(fs::write(path, [before, after, &rest.replacen(from, to, 1)].concat())?)
    }

    /// `terraform init` and `terraform validate`.
    pub fn prepare(&self) -> Result {
        self.succeed(&["init"])?;
        self.succeed(&["validate"])
    }

    /// `terraform apply`.
    pub fn apply(&self) -> Result {
        self.succeed(&["apply", "-auto-approve"])
    }

    /// `terraform destroy`.
    pub fn destroy(&self) -> Result {
        self.succeed(&["destroy", "-auto-approve"])
    }

    /// What a plan would change; `None` where that is nothing.
    pub fn drift(&self) -> Result<Option<String>> {
        let output = self.run(&["plan", "-detailed-exitcode"])?;
        match output.status.code() {
            Some(0) => Ok(None),
            Some(2) => Ok(Some(said(&output))),
            _ => Err(format!("`terraform plan` failed:\n{}", said(&output)).into()),
        }
    }

    /// What a plan would change, as `terraform show -json` has it.
    pub fn plan(&self) -> Result<Value> {
        self.plan_with(&[])
    }

    /// The same of another kind of plan.
    pub fn plan_with(&self, flags: &[&str]) -> Result<Value> {
        const FILE: &str = "../plan";
        self.succeed(&[&["plan", "-out", FILE], flags].concat())?;
        Ok(serde_json::from_slice(&self.output(&["show", "-json", FILE])?)?)
    }

    /// Puts a file beside the others, or in the place of one.
    pub fn put(&self, name: &str, text: &str) -> Result {
        Ok(fs::write(self.dir().join(name), text)?)
    }

    /// What a command of Terraform's that succeeds prints as its result.
    pub fn output(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        Ok(self.succeeded(arguments)?.stdout)
    }

    /// What a command of Terraform's that succeeds prints, on both streams.
    pub fn said(&self, arguments: &[&str]) -> Result<String> {
        Ok(said(&self.succeeded(arguments)?))
    }

    fn succeeded(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.run(arguments)?;
        if output.status.success() {
            return Ok(output);
        }
        Err(format!("`terraform {}` failed:\n{}", arguments.join(" "), said(&output)).into())
    }

    /// What a command of Terraform's that fails prints, on both streams.
    pub fn refused(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        if output.status.success() {
            return Err(format!("`terraform {}` should fail:\n{}", arguments.join(" "), said(&output)).into());
        }
        Ok(said(&output))
    }

    fn succeed(&self, arguments: &[&str]) -> Result {
        self.succeeded(arguments).map(drop)
    }

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.run_with(&[], arguments)
    }

    /// Runs Terraform with further variables in its environment, such as the credentials of another user.
    pub fn run_with(&self, environment: &[(&str, String)], arguments: &[&str]) -> Result<Output> {
        let mut command = command(&self.tools, &self.home());
        self.provider.configure(&mut command);
        command.envs(self.account.environment()).envs(environment.iter().map(|(name, value)| (*name, value)));
        command.current_dir(self.dir()).args(arguments).arg("-no-color");
        process::run(&mut command, LIMIT)
    }
}

/// Terraform with nobody's settings.
pub fn command(tools: &Tools, home: &Path) -> Command {
    let mut command = tools::bare(&tools.terraform, home);
    command.env("TF_IN_AUTOMATION", "true").env("TF_INPUT", "false").env("CHECKPOINT_DISABLE", "true");
    command
}

/// The name and version of what runs.
pub fn version(tools: &Tools) -> Result<String> {
    let scratch = Scratch::new()?;
    let output = process::run(command(tools, scratch.path()).args(["version", "-json"]), LIMIT)?;
    let version: Value = serde_json::from_slice(&output.stdout)?;
    let number = version["terraform_version"].as_str().ok_or("no version is printed")?;
    Ok(format!("{} {number}", Path::new(&tools.terraform).display()))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
