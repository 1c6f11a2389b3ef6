//! The resources that policies are evaluated for: secrets, keys, roles and functions of the spec, and the identities
//! beside them, with what is known about them.

use std::collections::BTreeMap;

use driftless_model::{NamePattern, Owner, SecretSpec, Spec};

use crate::iam::kind::TargetKind;
use crate::iam::meaning::Pattern;

/// The location of resources, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetPlace<'a> {
    /// `aws`, `aws-cn`.
    pub partition: Option<&'a str>,
    /// The default Region.
    pub region: Option<&'a str>,
    /// The account id, twelve digits.
    pub account: Option<&'a str>,
}

/// A resource, or a family of resources, by the patterns of their ARNs.
#[derive(Clone, Debug)]
pub struct Target {
    /// The kind.
    pub kind: TargetKind,
    /// The name in messages: a secret's id in the spec, or a role's name.
    pub id: String,
    /// The ARNs of the resource and of its replicas.
    pub(super) arns: Vec<Arn>,
    pub(super) tags: Tags,
    /// The values that condition keys can have in requests on it, by the key in lower case.
    pub(super) facts: BTreeMap<&'static str, Vec<Pattern>>,
}

/// The tags of a resource, by their keys in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// Exactly these.
    Known(BTreeMap<String, String>),
    /// No tags according to the spec, but Terraform does not create the resource, so its creator could have added some.
    NoneBySpec,
    Unknown,
}

/// The ARN of a resource in one place.
#[derive(Clone, Debug)]
pub(super) struct Arn {
    pub(super) pattern: Pattern,
    pub(super) region: Option<String>,
    pub(super) account: Option<String>,
}

impl Arn {
    /// Unknown parts of the place are written as `*`, which does not match a colon.
    fn new(text: &str) -> Self {
        let known =
            |at: usize| text.splitn(6, ':').nth(at).filter(|part| !part.is_empty() && !part.contains(['*', '?', '$']));
        Self {
            pattern: Pattern::of_parts(text),
            region: known(3).map(str::to_owned),
            account: known(4).map(str::to_owned),
        }
    }
}

impl Target {
    /// A resource by the patterns of its ARNs, with unknown tags.
    #[must_use]
    pub fn new<'a>(kind: TargetKind, id: &str, arns: impl IntoIterator<Item = &'a str>) -> Self {
        let arns = arns.into_iter().map(Arn::new).collect();
        Self { kind, id: id.to_owned(), arns, tags: Tags::Unknown, facts: BTreeMap::new() }
    }

    /// A secret of a spec with its tags and its replicas, which have the same name and value in other Regions. Names
    /// are used unchanged; they already include the prefix of the environment, if there is one.
    ///
    /// Source: [replicate secrets across Regions][replicas].
    ///
    /// [replicas]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    #[must_use]
    pub fn secret(spec: &Spec, secret: &SecretSpec, place: &TargetPlace<'_>) -> Self {
        let stored = NamePattern::of(&secret.name);
        let (partition, account) = (place.partition.unwrap_or("*"), place.account.unwrap_or("*"));
        let main = secret.region.as_deref().or(place.region).unwrap_or("*");
        let replicas = secret.options.replicas.iter().map(|replica| replica.region.as_str());
        let arns = std::iter::once(main).chain(replicas);
        let arns: Vec<String> =
            arns.map(|region| format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{stored}")).collect();
        let mut target = Self::new(TargetKind::Secret, &secret.id, arns.iter().map(String::as_str));
        match secret.owner {
            Owner::External | Owner::Runtime => target.tags = Tags::NoneBySpec,
            Owner::Terraform(_) | Owner::Rotation { .. } => {
                target = target.with_tags(spec.tags.iter().chain(&secret.options.tags));
            }
        }
        target
    }

    /// A role of this name with any path.
    #[must_use]
    pub fn role(name: &str, place: &TargetPlace<'_>) -> Self {
        let of = format!("arn:{}:iam::{}:role/", place.partition.unwrap_or("*"), place.account.unwrap_or("*"));
        let arns = [format!("{of}{name}"), format!("{of}*/{name}")];
        Self::new(TargetKind::Role, name, arns.iter().map(String::as_str))
    }

    /// The same target, on which a condition key has only values of these patterns.
    #[must_use]
    pub fn with_fact(mut self, key: &'static str, values: impl IntoIterator<Item = Pattern>) -> Self {
        self.facts.insert(key, values.into_iter().collect());
        self
    }

    /// A function of this name, as a target of one of the three kinds.
    #[must_use]
    pub fn function(kind: TargetKind, name: &str, place: &TargetPlace<'_>) -> Self {
        let (partition, account) = (place.partition.unwrap_or("*"), place.account.unwrap_or("*"));
        let arn = format!("arn:{partition}:lambda:{}:{account}:function:{name}", place.region.unwrap_or("*"));
        Self::new(kind, name, [arn.as_str()])
    }

    /// The users, groups, roles and managed policies of the account.
    #[must_use]
    pub fn identities(place: &TargetPlace<'_>) -> Self {
        let of = format!("arn:{}:iam::{}:", place.partition.unwrap_or("*"), place.account.unwrap_or("*"));
        let arns = ["user", "group", "role", "policy"].map(|kind| format!("{of}{kind}/*"));
        Self::new(TargetKind::Identities, "", arns.iter().map(String::as_str))
    }

    /// All resources that match a pattern, without further knowledge about them.
    pub(super) fn of_pattern(pattern: Pattern) -> Self {
        let arns = vec![Arn { pattern, region: None, account: None }];
        Self { kind: TargetKind::Secret, id: String::new(), arns, tags: Tags::Unknown, facts: BTreeMap::new() }
    }

    /// One target for each place of this one.
    pub fn each_place(&self) -> impl Iterator<Item = Self> {
        self.arns.iter().map(|arn| Self { arns: vec![arn.clone()], ..self.clone() })
    }

    /// The same target with exactly these tags. If two keys differ only in case, the last one counts, because
    /// conditions ignore case.
    #[must_use]
    pub fn with_tags<'a>(mut self, tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        let tags = tags.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value.clone()));
        self.tags = Tags::Known(tags.collect());
        self
    }

    /// The same target with tags that are not known.
    #[must_use]
    pub fn with_unknown_tags(mut self) -> Self {
        self.tags = Tags::Unknown;
        self
    }

    /// Whether the same tags are known of both.
    #[must_use]
    pub fn has_tags_of(&self, other: &Self) -> bool {
        self.tags == other.tags
    }

    /// The patterns of its ARNs.
    pub fn arns(&self) -> impl Iterator<Item = &Pattern> {
        self.arns.iter().map(|arn| &arn.pattern)
    }
}

/// The secrets of a spec.
#[must_use]
pub fn secrets(spec: &Spec, place: &TargetPlace<'_>) -> Vec<Target> {
    spec.secrets.iter().map(|secret| Target::secret(spec, secret, place)).collect()
}
