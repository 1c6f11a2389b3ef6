//! docs/migration.md, walked: PayPulse's own Terraform, applied by the real provider; then each command of the document, with the
//! result that the document has for it, each way back, and after each step the calls of every function under its role.

mod document;
mod functions;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::spec;
use serde_json::{Value, json};
use xtask::Exit;

use self::document::{Block, Document};
use crate::account::Account;
use crate::chain::Rig;
use crate::granted::{SIGNING_KEY, variables};
use crate::terraform::Module;
use crate::{Result, audit, check, command, tools};

const TODAY: [(&str, &str); 7] = [
    ("main.tf", include_str!("today/main.tf")),
    ("secrets.tf", include_str!("today/secrets.tf")),
    ("variables.tf", include_str!("today/variables.tf")),
    ("outputs.tf", include_str!("today/outputs.tf")),
    ("iam/main.tf", include_str!("today/iam/main.tf")),
    ("iam/secret_statements.tf", include_str!("today/iam/secret_statements.tf")),
    ("lambdas/main.tf", include_str!("today/lambdas/main.tf")),
];

/// How a function makes its calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// As it does today.
    Today,
    /// By the generated package.
    Client,
}

/// A step of the document by its number.
struct Step {
    number: &'static str,
    /// What the document has one do by hand.
    by_hand: Option<fn(&Walk<'_>) -> Result>,
    /// The calls that work afterwards.
    works: &'static [How],
}

const BOTH: &[How] = &[How::Today, How::Client];

const STEPS: [Step; 7] = [
    Step { number: "1", by_hand: None, works: &[How::Today] },
    Step { number: "2", by_hand: Some(hand_over_the_secrets), works: BOTH },
    Step { number: "3", by_hand: Some(take_access_off), works: BOTH },
    Step { number: "4", by_hand: None, works: BOTH },
    Step { number: "5", by_hand: None, works: &[How::Client] },
    Step { number: "6", by_hand: Some(empty_the_environment), works: &[How::Client] },
    Step { number: "7", by_hand: None, works: &[How::Client] },
];

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("paypulse_is_migrated", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let provider = rig.provider()?;
    if !provider.is_real() {
        eprintln!("paypulse_is_migrated: not looked at, as {} has no functions and no groups", provider.name());
        return Ok(());
    }
    let account = Account::open_with_all_policies(&rig.tools)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let create = account.administrator().create_secret().name("PayPulseAppJWTSecret").secret_string(SIGNING_KEY);
    runtime.block_on(create.send())?;
    let files: BTreeMap<_, _> = TODAY.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let module = Module::of(&rig.tools, provider, &account, &files, &variables())?;
    fs::write(module.dir().join("lambdas/function.zip"), include_bytes!("today/lambdas/function.zip"))?;
    module.prepare()?;
    module.apply()?;
    functions::put_layer_of_today(&module.dir())?;
    let sessions = module.dir().join("../sessions.json");
    let all: Value = account.manage(&["sessions"])?;
    fs::write(&sessions, all.to_string())?;
    let text = fs::read_to_string(tools::workspace().join("docs/migration.md"))?;
    let document = Document::parse(&text);
    let mut walk = Walk { rig, account: &account, module: &module, document, sessions, done: BTreeSet::new() };
    let before = runtime.block_on(values(&account))?;
    let mut works: &[How] = &[How::Today];
    for step in &STEPS {
        eprintln!("paypulse_is_migrated: step {} ...", step.number);
        if step.number == "6" {
            runtime.block_on(walk.keys_overlap())?;
        }
        walk.step(step, works).map_err(|error| format!("step {}: {error}", step.number))?;
        works = step.works;
    }
    walk.by_hand_in_the_console()?;
    walk.logs()?;
    walk.nothing_is_left_out()?;
    let after = runtime.block_on(values(&account))?;
    if after == before { Ok(()) } else { Err("a secret is not the one that it was".into()) }
}

/// The fixed secrets: their ARNs, values and versions.
async fn values(account: &Account) -> Result<Vec<(String, String, String)>> {
    let mut values = Vec::new();
    for name in ["Google-OAuth-Client-ID", "gemini-api-key", "jev/api-key", "PayPulseAppJWTSecret"] {
        let answer = account.administrator().get_secret_value().secret_id(name).send().await?;
        let text = |it: Option<&str>| it.unwrap_or_default().to_owned();
        values.push((text(answer.arn()), text(answer.secret_string()), text(answer.version_id())));
    }
    Ok(values)
}

struct Walk<'a> {
    rig: &'a Rig,
    account: &'a Account,
    module: &'a Module<'a>,
    document: Document,
    sessions: PathBuf,
    /// The blocks of the document that were walked.
    done: BTreeSet<usize>,
}

impl Walk<'_> {
    /// There, back where the document says how, and there again.
    fn step(&mut self, step: &Step, worked: &[How]) -> Result {
        let before = self.files()?;
        self.blocks(step, false)?;
        self.hold_to(step.works)?;
        if self.document.of(step.number, true).next().is_some() {
            self.put_back(&before)?;
            self.blocks(step, true).map_err(|error| format!("undo: {error}"))?;
            self.hold_to(&worked[..1]).map_err(|error| format!("undo: {error}"))?;
            self.put_back(&before)?;
            self.blocks(step, false).map_err(|error| format!("again: {error}"))?;
        }
        Ok(())
    }

    /// Walks the blocks of a part of the document in their order.
    fn blocks(&mut self, step: &Step, is_undo: bool) -> Result {
        let blocks: Vec<(usize, Block)> =
            self.document.of(step.number, is_undo).map(|(at, it)| (at, it.clone())).collect();
        let (mut said, mut is_edited) = (String::new(), is_undo);
        for (at, block) in blocks {
            match block.language.as_str() {
                "sh" => {
                    if block.text.contains("terraform plan") && !is_edited {
                        if let Some(by_hand) = step.by_hand {
                            by_hand(self)?;
                        }
                        is_edited = true;
                    }
                    for line in block.lines() {
                        said = self.carry_out(&line).map_err(|error| format!("`{line}`: {error}"))?;
                    }
                }
                "hcl" => self.module.put(if is_undo { "undo.tf" } else { "secrets_module.tf" }, &block.text)?,
                "text" => holds(&said, &block.text)?,
                // What goes into a function or the layer, and no command.
                "python" => {}
                other => return Err(format!("the document has a block of `{other}`").into()),
            }
            self.done.insert(at);
        }
        Ok(())
    }

    /// A command line of the document; what it says.
    fn carry_out(&self, line: &str) -> Result<String> {
        let root = self.module.dir().to_string_lossy().into_owned();
        let words: Vec<String> = line.split_whitespace().map(|word| word.replace("$ROOT", &root)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["terraform", "state", "pull", ">", file] => {
                fs::write(self.module.dir().join(file), self.module.output(&["state", "pull"])?)?;
                Ok(String::new())
            }
            ["terraform", "apply"] => self.module.apply().map(|()| String::new()),
            ["terraform", rest @ ..] => self.module.said(rest),
            ["cargo", "xtask-live", "audit", rest @ ..] => self.audit(rest),
            ["cargo", "xtask", rest @ ..] => {
                let rest: Vec<String> = rest.iter().map(|word| in_workspace(word)).collect();
                let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
                let said = command::xtask(&spec(), self.module.dir(), &rest)?;
                if said.exit == Exit::Done {
                    Ok(said.out)
                } else {
                    Err(format!("{:?}: {}", said.exit, said.err).into())
                }
            }
            ["aws", ..] => Ok(self.python(&words)?.to_string()),
            _ => Err("the check does not know this command".into()),
        }
    }

    /// What an audit finds, as `--accept` takes it.
    fn audit(&self, arguments: &[&str]) -> Result<String> {
        let (mut of, mut given) = (spec(), Vec::new());
        for pair in arguments.chunks(2) {
            match pair {
                ["--spec", file] => {
                    of = Spec::read(&fs::read_to_string(in_workspace(file))?)
                        .map_err(|problems| format!("{problems:?}"))?;
                }
                ["--var", pair] => given.push(pair.split_once('=').ok_or("a variable has no value")?),
                other => return Err(format!("the check does not know {other:?}").into()),
            }
        }
        let found = audit::found(self.account, &of, &given)?;
        // Before the first step no role of the spec exists.
        let found = found.into_iter().filter(|(rule, _)| !(arguments.is_empty() && rule == "missing-role"));
        Ok(found.map(|(rule, place)| format!("{rule}:{place}")).collect::<Vec<_>>().join("\n"))
    }

    /// What is done by hand in the console, and what the next plan makes of it.
    fn by_hand_in_the_console(&self) -> Result {
        const ROLE: &str = "Wallenstam-Lambda-Role";
        const BACK: &str = "Plan: 1 to add, 0 to change, 0 to destroy.";
        let iam = |operation: &str, arguments: &Value| -> Result<Value> {
            self.account.manage(&["iam", operation, &arguments.to_string()])
        };
        let other = json!({ "RoleName": ROLE, "PolicyArn": "arn:aws:iam::aws:policy/SecretsManagerReadWrite" });
        iam("attach_role_policy", &other)?;
        holds(&self.module.said(&["plan"])?, "No changes.")?;
        iam("detach_role_policy", &other)?;
        iam("delete_role_policy", &json!({ "RoleName": ROLE, "PolicyName": "fetch_invoices-secrets" }))?;
        holds(&self.module.said(&["plan"])?, BACK)?;
        if !self.document.text.contains(&format!("`{BACK}`")) {
            return Err(format!("the document does not say `{BACK}`").into());
        }
        self.module.apply()
    }

    /// Tokens in a log are found and deleted by the commands of the document.
    fn logs(&mut self) -> Result {
        self.python(&["log"])?;
        let blocks: Vec<_> =
            self.document.of("Tokens in the logs of today", false).map(|(at, it)| (at, it.clone())).collect();
        for (at, block) in blocks {
            let lines = block.lines();
            let [find, delete] = lines.as_slice() else { return Err("there are other commands for logs".into()) };
            let found = self.carry_out(find)?;
            if !found.contains("1//0g") {
                return Err(format!("`{find}` finds {found}").into());
            }
            self.carry_out(delete)?;
            if self.carry_out(find).is_ok() {
                return Err("the log is still there".into());
            }
            self.done.insert(at);
        }
        Ok(())
    }

    /// No command of the document was skipped.
    fn nothing_is_left_out(&self) -> Result {
        let left: Vec<&Block> = self.document.left(&self.done).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("these were not walked: {left:#?}").into()) }
    }

    /// The files that people write, below the root: those that a revert puts back.
    fn files(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for dir in ["", "iam", "lambdas", "secrets"] {
            let dir = self.module.dir().join(dir);
            for entry in fs::read_dir(&dir).into_iter().flatten() {
                let path = entry?.path();
                if path.extension().is_some_and(|it| it == "tf") {
                    files.insert(path.clone(), fs::read(&path)?);
                }
            }
        }
        Ok(files)
    }

    /// As `git revert` does.
    fn put_back(&self, before: &BTreeMap<PathBuf, Vec<u8>>) -> Result {
        for path in self.files()?.keys().filter(|path| !before.contains_key(*path)) {
            fs::remove_file(path)?;
        }
        for (path, bytes) in before {
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    /// Takes a text out of a file of the root.
    fn edit(&self, name: &str, from: &str, to: &str) -> Result {
        let path = self.module.dir().join(name);
        let text = fs::read_to_string(&path)?;
        if !text.contains(from) {
            return Err(format!("`{name}` does not hold `{from}`").into());
        }
        Ok(fs::write(path, text.replace(from, to))?)
    }
}

/// A path of the document below `docs/` is one of this workspace.
fn in_workspace(word: &str) -> String {
    if word.starts_with("docs/") {
        tools::workspace().join(Path::new(word)).to_string_lossy().into_owned()
    } else {
        word.to_owned()
    }
}

/// A plan has the line that the document has; of an audit, all lines are those of the document.
fn holds(said: &str, expected: &str) -> Result {
    let is_plan = |line: &str| line.starts_with("Plan:") || line.starts_with("No changes.");
    let found: Vec<&str> = match said.lines().find(|line| is_plan(line)) {
        Some(line) if line.starts_with("No changes.") => vec!["No changes."],
        Some(line) => vec![line],
        None => said.lines().collect(),
    };
    let expected: Vec<&str> = expected.lines().collect();
    if found == expected {
        Ok(())
    } else {
        Err(format!("the document says {expected:#?}, and it is {found:#?}").into())
    }
}

fn hand_over_the_secrets(walk: &Walk<'_>) -> Result {
    let path = walk.module.dir().join("secrets.tf");
    let text = fs::read_to_string(&path)?;
    let (data, _) = text.split_once("resource ").ok_or("`secrets.tf` has no resources")?;
    fs::write(path, data)?;
    let arn = "module.secrets.secret_arns[\"Google-OAuth-Client-ID\"]";
    walk.edit("main.tf", "aws_secretsmanager_secret.google_oauth_client_id.arn", arn)
}

fn take_access_off(walk: &Walk<'_>) -> Result {
    let path = walk.module.dir().join("iam/main.tf");
    let text = fs::read_to_string(&path)?;
    let (before, role) = text.split_once("\"lambda_role_policies\"").ok_or("the role has no attachments")?;
    let policy = "    \"arn:aws:iam::aws:policy/SecretsManagerReadWrite\",\n";
    let role = role.replacen(policy, "", 1);
    fs::write(path, format!("{before}\"lambda_role_policies\"{role}"))?;
    walk.module.put("iam/secret_statements.tf", "locals {\n  secret_statements = {}\n}\n")
}

fn empty_the_environment(walk: &Walk<'_>) -> Result {
    let path = walk.module.dir().join("lambdas/main.tf");
    let text = fs::read_to_string(&path)?;
    let without = |line: &str| match line.split_once("keys = [") {
        Some((before, _)) => format!("{before}keys = [] }}\n"),
        None => format!("{line}\n"),
    };
    Ok(fs::write(path, text.lines().map(without).collect::<String>())?)
}
