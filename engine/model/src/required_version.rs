//! The versions of the program that a spec accepts, written as Terraform does: `required_version = ">= 1.2.0"`.

/// The version of this program: major, minor and patch.
type Version = [u64; 3];

/// The least version that a constraint accepts. `None` if it is not `>=` and a version of three numbers.
pub(crate) fn least(constraint: &str) -> Option<Version> {
    version(constraint.strip_prefix(">=")?.trim_start_matches(' '))
}

fn version(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(|part| {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { part.parse().ok() } else { None }
    });
    let version = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(version)
}

/// The version of this program, without what follows a hyphen or a plus sign.
pub(crate) fn own() -> Version {
    let number = env!("CARGO_PKG_VERSION").split(['-', '+']).next().unwrap_or_default();
    version(number).unwrap_or_default()
}

pub(crate) fn shown([major, minor, patch]: Version) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use super::{least, own, shown};

    #[test]
    fn a_constraint_is_one_operator_and_three_numbers() {
        let check = |text: &str, expected| assert_eq!(least(text), expected, "{text}");
        check(">= 1.2.3", Some([1, 2, 3]));
        check(">=0.10.0", Some([0, 10, 0]));
        let others =
            ["", "1.2.3", "= 1.2.3", "~> 1.2", ">= 1.2", ">= 1.2.3.4", ">= 1.2.x", ">= +1.2.3", ">= 1..3", "> 1.2.3"];
        for text in others {
            check(text, None);
        }
        check(">= 1.2.99999999999999999999", None);
        assert_eq!(shown(own()), env!("CARGO_PKG_VERSION"));
    }
}
