//! The calls of PayPulse's functions while the document is walked, by `functions.py`: with the common layer of today, and with that of
//! after step 4.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use paypulse_runtime::spec::spec;
use serde_json::{Value, json};

use super::{How, Walk};
use crate::{Result, process, tools};

/// The common layer.
const EXCEPTIONS: (&str, &str) = ("utils/exceptions.py", include_str!("today/layer/utils/exceptions.py"));
const TOKENS: (&str, &str) =
    ("utils/secretsmanager_utils.py", include_str!("today/layer/utils/secretsmanager_utils.py"));

/// The session key to which the walk changes for a while.
const NEW_KEY: &str = "the session key of the day after";

/// The functions that write tokens, and the one that looks whether there are any.
const WRITERS: [&str; 5] = [
    "gmail_store_tokens",
    "fetch_invoices",
    "fetch_latest_invoice",
    "fetch_retail_invoices",
    "fetch_and_classify_retail_invoices",
];
const LOOKS: &str = "get_user_profile";

impl Walk<'_> {
    /// A command of `functions.py`.
    pub fn python(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = self.rig.tools.python(&self.module.dir());
        command.arg(tools::here().join("migration/functions.py")).args(arguments).envs(self.account.environment());
        let output = process::run(&mut command, Duration::from_mins(3))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Every function makes its calls in these ways, and in the other way only those that write are denied what they must be.
    pub fn hold_to(&self, works: &[How]) -> Result {
        for how in works {
            let refused = self.refused(*how)?;
            if !refused.is_empty() {
                return Err(format!("these do not work: {refused:#?}").into());
            }
        }
        if works == [How::Client] {
            let refused = self.refused(How::Today)?;
            let expected: BTreeMap<_, _> = WRITERS
                .map(|function| (function.to_owned(), "UpdateSecret: AccessDeniedException".to_owned()))
                .into_iter()
                .chain([(LOOKS.to_owned(), "GetSecretValue: AccessDeniedException".to_owned())])
                .collect();
            if refused != expected {
                return Err(format!("without the client these do not work: {refused:#?}").into());
            }
        }
        Ok(())
    }

    /// The functions whose calls do not all work, and how they end.
    fn refused(&self, how: How) -> Result<BTreeMap<String, String>> {
        let sessions = self.sessions.to_string_lossy();
        let ended = match how {
            How::Today => self.python(&["today", &sessions, &self.module.dir().join("../today").to_string_lossy()])?,
            How::Client => self.python(&["client", &sessions, &self.layer_with_client()?])?,
        };
        let ended: BTreeMap<String, Option<String>> = serde_json::from_value(ended)?;
        if ended.len() != spec().handlers.len() {
            return Err(format!("{} functions made calls", ended.len()).into());
        }
        Ok(ended.into_iter().filter_map(|(function, error)| Some((function, error?))).collect())
    }

    /// The directory of the layer after step 4: today's, with the package, and with the lines that the document has.
    fn layer_with_client(&self) -> Result<String> {
        let layer = self.module.dir().join("../client");
        if !layer.exists() {
            let out = layer.join("paypulse_secrets");
            let line = format!("cargo xtask gen-client --language python --out {}", out.display());
            self.carry_out(&line)?;
            let python = self.document.of("4", false).filter(|(_, block)| block.language == "python");
            let lines: Vec<&str> = python.map(|(_, block)| block.text.as_str()).collect();
            let [everything, error] = lines[..] else { return Err("step 4 has other lines of Python".into()) };
            let (before, _) = EXCEPTIONS.1.split_once("class SecretsManagerError").ok_or("there is no such class")?;
            put_layer(&layer, [&format!("{before}{error}"), &format!("{}{everything}", TOKENS.1)])?;
        }
        Ok(layer.to_string_lossy().into_owned())
    }

    /// The session key is changed before step 6: with the expression of the document, every function accepts the sessions of both
    /// keys, because its environment has the old one. The old key is then current again, as a version that it was before.
    pub async fn keys_overlap(&self) -> Result {
        const NAME: &str = "PayPulseAppJWTSecret";
        let mut expressions = self.document.of("6", false).filter(|(_, block)| block.language == "python");
        let (_, expression) = expressions.next().ok_or("step 6 has no line of Python")?;
        if !include_str!("functions.py").contains(expression.text.trim()) {
            return Err(format!("functions.py does not have the line `{}`", expression.text.trim()).into());
        }
        let administrator = self.account.administrator();
        let old = administrator.get_secret_value().secret_id(NAME).send().await?;
        let old = old.version_id().ok_or("the key has no version")?;
        let new = administrator.put_secret_value().secret_id(NAME).secret_string(NEW_KEY).send().await?;
        self.accept(&["old", "new"])?;
        let back = administrator.update_secret_version_stage().secret_id(NAME).version_stage("AWSCURRENT");
        back.move_to_version_id(old).set_remove_from_version_id(new.version_id).send().await?;
        self.accept(&["old"])
    }

    /// Every function that checks sessions accepts those that were signed with these keys.
    fn accept(&self, keys: &[&str]) -> Result {
        let sessions = self.sessions.to_string_lossy();
        let accepted: BTreeMap<String, Value> =
            serde_json::from_value(self.python(&["keys", &sessions, &self.layer_with_client()?, NEW_KEY])?)?;
        let checks_none =
            |function: &str| ["fetch_and_classify_retail_invoices", "parse_retail_invoice"].contains(&function);
        let differ = |(function, found): &(&String, &Value)| {
            let expected = if checks_none(function) { json!([]) } else { json!(keys) };
            **found != expected
        };
        match accepted.iter().find(differ) {
            None => Ok(()),
            Some((function, found)) => {
                Err(format!("`{function}` accepts the sessions of {found}, not {keys:?}").into())
            }
        }
    }
}

/// Writes the common layer as it is before the migration, beside the Terraform.
pub fn put_layer_of_today(terraform: &Path) -> Result {
    put_layer(&terraform.join("../today"), [EXCEPTIONS.1, TOKENS.1])
}

/// Writes the two modules of the common layer.
fn put_layer(layer: &Path, [exceptions, tokens]: [&str; 2]) -> Result {
    fs::create_dir_all(layer.join("utils"))?;
    fs::write(layer.join(EXCEPTIONS.0), exceptions)?;
    Ok(fs::write(layer.join(TOKENS.0), tokens)?)
}
