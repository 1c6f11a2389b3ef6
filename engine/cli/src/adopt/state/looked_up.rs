//! Extracts facts from the attributes of a data source: what it read exists, although this state does not manage it.

use super::attributes::StateAttributes;
use super::copies::Copies;
use crate::adopt::facts::Facts;
use crate::aws::arn;
use crate::render::{Object, PolicyName};
use crate::tf::lenient::Text;

impl StateAttributes {
    /// Adds the facts of a data source of this type.
    pub(super) fn add_looked_up(&self, kind: &str, facts: &mut Facts) {
        match kind {
            "aws_kms_alias" => self.add_alias(facts),
            "aws_secretsmanager_secret" => {
                self.see_secret(facts);
                self.add_secret(facts);
            }
            "aws_secretsmanager_secret_version" => self.see_version(facts),
            "aws_secretsmanager_secret_versions" => self.see_secret(facts),
            "aws_secretsmanager_secret_rotation" => self.see_rotation(facts),
            "aws_secretsmanager_secrets" => {
                self.arns.0.iter().filter_map(Text::word).for_each(|arn| facts.see_secret(arn));
            }
            "aws_iam_role" => {
                if let Some(name) = self.name.word().or_else(|| self.id.word()) {
                    facts.see(Object::Role(name.to_owned()), name);
                }
                self.add_role(facts, &mut Copies::default());
            }
            "aws_iam_roles" => self.see_roles(facts),
            "aws_iam_user" => self.add_user(facts),
            // Also an AWS managed policy.
            "aws_iam_policy" => self.see_policy(facts),
            "aws_lambda_function" => {
                if let (Some(function), Some(role)) = (self.function_name.word(), self.role.word()) {
                    facts.put_function(function, role);
                }
            }
            _ => {}
        }
    }

    /// Adds the version that the data source read, if it is the current one, and its secret.
    fn see_version(&self, facts: &mut Facts) {
        self.see_secret(facts);
        if let (Some(arn), Some(version), Some(true)) = (self.arn(), self.version_id.word(), self.is_current()) {
            facts.see(Object::Value(arn::secret_name(&arn).to_owned()), format!("{arn}|{version}"));
        }
    }

    fn see_rotation(&self, facts: &mut Facts) {
        self.see_secret(facts);
        if let (Some(arn), "true") = (self.arn(), self.rotation_enabled.as_str()) {
            facts.see(Object::Rotation(arn::secret_name(&arn).to_owned()), arn);
            self.add_rotation(facts);
        }
    }

    fn see_roles(&self, facts: &mut Facts) {
        for role in self.arns.0.iter().filter_map(Text::word) {
            if let Some((name, _)) = arn::role(role) {
                facts.see(Object::Role(name.to_owned()), name);
                facts.put_role(role);
            }
        }
    }

    fn see_policy(&self, facts: &mut Facts) {
        self.add_policy(facts);
        if let (Some(name), Some(PolicyName::Own(_))) = (self.name.word(), PolicyName::of_arn(self.arn.as_str())) {
            facts.see(Object::ManagedPolicy(name.to_owned()), self.arn.as_str());
        }
    }
}
