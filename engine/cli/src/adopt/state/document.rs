//! Parses both formats of a state as a stream.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::copies::Copies;
use super::resource::{BadName, RawResource};
use super::{HINT, State};
use crate::tf::Malformed;
use crate::tf::lenient::Text;

/// The version of state files; Terraform has written no other since 0.12.
const FILE_VERSION: &str = "4";

/// The progress of the parser.
#[derive(Default)]
pub(super) struct StateReading {
    pub(super) state: State,
    pub(super) copies: Copies,
    /// An error that this parser found.
    pub(super) fault: Option<Malformed>,
    /// Whether the document has any content.
    pub(super) has_begun: bool,
    /// The number of resources read so far.
    resources: usize,
    inside: bool,
    form: Form,
}

/// The detected format of the document.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Unknown,
    File,
    Shown,
}

impl StateReading {
    /// The current position, as the end of a sentence.
    pub(super) fn place(&self) -> String {
        if self.inside { format!(", in resource {}", self.resources + 1) } else { String::new() }
    }

    /// Checks that the document is a state.
    pub(super) fn judge(&self) -> Result<(), Malformed> {
        if self.form == Form::Unknown {
            let what = "it is no Terraform state: it has neither `version` nor `format_version`";
            return Err(Malformed::new(what, HINT));
        }
        Ok(())
    }

    fn stop<E: Error>(&mut self, what: impl Into<String>, hint: &'static str) -> E {
        self.fault.get_or_insert_with(|| Malformed::new(what, hint));
        // This message is never shown; `fault` is reported instead.
        E::custom("")
    }

    fn resource<E: Error>(&mut self, raw: RawResource) -> Result<(), E> {
        raw.add_to(&mut self.state, &mut self.copies).map_err(|BadName| {
            let what = format!("resource {} has a name that Terraform does not write", self.resources + 1);
            self.stop(what, HINT)
        })
    }
}

/// Defines a deserializer that writes into `&mut Reading` and accepts a document, a list or an object.
macro_rules! reader {
    ($(#[$doc:meta])* $name:ident, $expecting:literal, |$reading:ident, $access:ident: $kind:ident| $body:block) => {
        $(#[$doc])*
        pub(super) struct $name<'r>(pub(super) &'r mut StateReading);

        impl<'de> DeserializeSeed<'de> for $name<'_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_any(self)
            }
        }

        impl<'de> Visitor<'de> for $name<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expecting)
            }

            fn visit_unit<E: Error>(self) -> Result<(), E> {
                Ok(())
            }

            reader!(@visit $kind, $reading, $access, $body);
        }
    };
    (@visit map, $reading:ident, $access:ident, $body:block) => {
        fn visit_map<A: MapAccess<'de>>(self, mut $access: A) -> Result<(), A::Error> {
            let $reading = self.0;
            $body
        }
    };
    (@visit seq, $reading:ident, $access:ident, $body:block) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut $access: A) -> Result<(), A::Error> {
            let $reading = self.0;
            $body
        }
    };
}

reader!(
    /// The whole document.
    Document,
    "a state",
    |reading, map: map| {
        reading.has_begun = true;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => file_version(&map.next_value()?, reading)?,
                "format_version" => {
                    map.next_value::<IgnoredAny>()?;
                    reading.form = Form::Shown;
                }
                "resources" => map.next_value_seed(Resources(reading))?,
                "values" => map.next_value_seed(Values(reading))?,
                "planned_values" | "resource_changes" => {
                    let hint = "pass the state: `terraform show -json` without the name of a plan";
                    return Err(reading.stop("it is a plan, and no state", hint));
                }
                "provider_schemas" => {
                    return Err(reading.stop("it is what `terraform providers schema -json` prints, and no state", HINT));
                }
                "diagnostics" => {
                    return Err(reading.stop("it is what `terraform validate -json` prints, and no state", HINT));
                }
                "encrypted_data" => {
                    let hint = "pass what `tofu state pull` prints, where the key is configured";
                    return Err(reading.stop("it is encrypted", hint));
                }
                "SecretList" | "RoleDetailList" => {
                    return Err(reading.stop("it is a listing of AWS, and no state", "pass it by `--listing`"));
                }
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
);

fn file_version<E: Error>(version: &Text, reading: &mut StateReading) -> Result<(), E> {
    if version.as_str() == FILE_VERSION {
        reading.form = Form::File;
        return Ok(());
    }
    let what = format!("it is not of version {FILE_VERSION}, the only one that this reads");
    Err(reading.stop(what, "run `terraform state pull` with Terraform 1.5 or later, which writes that version"))
}

reader!(
    /// The list of resources.
    Resources,
    "a list of resources",
    |reading, list: seq| {
        loop {
            reading.inside = true;
            let Some(resource) = list.next_element::<RawResource>()? else { break };
            reading.resource(resource)?;
            reading.resources += 1;
        }
        reading.inside = false;
        Ok(())
    }
);

reader!(
    /// The `values` object of `terraform show -json`.
    Values,
    "the values of a state",
    |reading, map: map| {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "root_module" => map.next_value_seed(ShownModule(reading))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
);

reader!(
    /// A module in `values`. Its resources have absolute addresses, so the module's own address is not needed.
    ShownModule,
    "a module",
    |reading, map: map| {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "resources" => map.next_value_seed(Resources(reading))?,
                "child_modules" => map.next_value_seed(ShownModules(reading))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
);

reader!(
    /// The modules that a module calls.
    ShownModules,
    "a list of modules",
    |reading, list: seq| {
        while list.next_element_seed(ShownModule(reading))?.is_some() {}
        Ok(())
    }
);
