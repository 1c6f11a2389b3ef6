//! Reads values of variables from where Terraform reads them: the environment and `.tfvars` files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use zeroize::Zeroizing;

use super::literal::{self, LiteralError};
use crate::input::{self, Content, Unreadable};
use crate::steps::Steps;

/// A larger file is not a file of values: a secret has at most 64 KiB.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A source of values that cannot be read. The error states the place, never the content.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The file does not have the format that its name implies.
    #[error("cannot read the values in `{}`", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The position.
        source: LiteralError,
    },
    /// The environment variable is not what Terraform accepts.
    #[error("cannot read the environment variable `{variable}`")]
    Environment {
        /// The variable.
        variable: String,
        /// The position.
        source: LiteralError,
    },
    /// The file is not a JSON object.
    #[error("`{}` is not a JSON object", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
    },
}

/// The values that Terraform would use, by variable.
#[derive(Default)]
pub struct GivenValues(BTreeMap<String, Zeroizing<String>>);

impl GivenValues {
    /// Reads every source that Terraform reads in `dir`, where later ones override earlier ones, and then `var_files`,
    /// like `-var-file`. Files for which `skip` returns true are left out.
    ///
    /// Source: [variable definition precedence][precedence].
    ///
    /// [precedence]: https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
    ///
    /// # Errors
    ///
    /// If a source cannot be read.
    pub fn read(
        dir: &Path,
        var_files: &[PathBuf],
        skip: impl Fn(&str) -> bool,
        steps: &Steps,
    ) -> Result<Self, GivenError> {
        let mut given = Self::default();
        let mut own: Vec<PathBuf> = ["terraform.tfvars", "terraform.tfvars.json"].map(|name| dir.join(name)).into();
        own.retain(|path| path.exists());
        own.extend(automatic(dir)?);
        own.retain(|path| !path.file_name().is_some_and(|name| name.to_str().is_some_and(&skip)));
        for path in own.iter().chain(var_files) {
            given.0.extend(read_file(path, steps)?);
        }
        Ok(given)
    }

    /// The value of a variable: from a file, otherwise from the environment, where non-primitive values are HCL.
    ///
    /// # Errors
    ///
    /// If the environment variable is not HCL.
    pub fn value(
        &self,
        variable: &str,
        is_primitive: bool,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Zeroizing<String>>, GivenError> {
        if let Some(value) = self.0.get(variable) {
            return Ok((value.as_str() != "null").then(|| value.clone()));
        }
        let name = format!("TF_VAR_{variable}");
        let Some(text) = environment(&name) else { return Ok(None) };
        let text = Zeroizing::new(text.to_string_lossy().into_owned());
        if is_primitive {
            return Ok(Some(Zeroizing::new(Value::from(text.as_str()).to_string())));
        }
        let value = literal::expression(&text);
        value.map(Some).map_err(|source| GivenError::Environment { variable: name, source })
    }
}

/// The files that Terraform loads automatically, in its order.
fn automatic(dir: &Path) -> Result<Vec<PathBuf>, GivenError> {
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
    let entries = entries.map_err(|source| Unreadable { what: "directory", path: dir.to_owned(), source })?;
    let is_automatic = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")
    };
    let mut found: Vec<PathBuf> = entries.iter().map(DirEntry::path).filter(is_automatic).collect();
    found.sort();
    Ok(found)
}

fn read_file(path: &Path, steps: &Steps) -> Result<Vec<(String, Zeroizing<String>)>, GivenError> {
    const WHAT: &str = "file of values";
    let mut text = Zeroizing::new(String::new());
    let read = input::open_as(Content::Values, WHAT, path, MAX_BYTES, steps)?.read_to_string(&mut text);
    read.map_err(|source| Unreadable { what: WHAT, path: path.to_owned(), source })?;
    if path.extension().is_some_and(|extension| extension == "json") {
        let values: serde_json::Map<String, Value> =
            serde_json::from_str(&text).map_err(|_| GivenError::NotJson { path: path.to_owned() })?;
        return Ok(values.into_iter().map(|(name, value)| (name, Zeroizing::new(value.to_string()))).collect());
    }
    literal::body(&text).map_err(|source| GivenError::Malformed { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::{GivenError, GivenValues};
    use crate::steps::Steps;

    #[track_caller]
    fn value(files: &[(&str, &str)], is_text: bool, environment: Option<&str>) -> Result<Option<String>, GivenError> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).expect("it can be written");
        }
        let given = GivenValues::read(dir.path(), &[], |_| false, &Steps::default())?;
        let found =
            given.value("a", is_text, &|name| (name == "TF_VAR_a").then(|| environment.map(OsString::from))?)?;
        Ok(found.map(|value| value.to_string()))
    }

    #[test]
    fn the_environment_comes_last_and_is_text_for_text_alone() {
        let check = |files: &[(&str, &str)], is_text, environment, expected: Option<&str>| {
            assert_eq!(value(files, is_text, environment).expect("it can be read").as_deref(), expected);
        };
        check(&[], true, Some("[1,2]"), Some(r#""[1,2]""#));
        check(&[], false, Some("[1, 2]"), Some("[1,2]"));
        check(&[], true, None, None);
        check(&[("terraform.tfvars", "a = \"x\"\n")], true, Some("y"), Some(r#""x""#));
        check(&[("terraform.tfvars", "a = null\n")], true, Some("y"), None);
        // The same value from three sources.
        let object = Some(r#"{"b":1}"#);
        check(&[("terraform.tfvars", "a = { b = 1 }\n")], false, None, object);
        check(&[("x.auto.tfvars.json", r#"{ "a": { "b": 1 } }"#)], false, None, object);
        check(&[], false, Some("{ b = 1 }"), object);
    }

    #[test]
    fn err_an_environment_variable_that_is_not_hcl_is_named_and_not_shown() {
        let error = value(&[], false, Some("{ b = hunter2")).expect_err("it is not HCL");
        assert_eq!(error.to_string(), "cannot read the environment variable `TF_VAR_a`");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn err_a_directory_that_is_not_there() {
        assert!(matches!(
            GivenValues::read(Path::new("/nowhere"), &[], |_| false, &Steps::default()),
            Err(GivenError::Unreadable(_))
        ));
    }
}
