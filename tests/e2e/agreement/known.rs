//! In what the stand-in differs from hashicorp/aws 5.100.0, and why.

/// One difference, or several of the same reason.
pub struct Known {
    /// A place, in which `*` is any text.
    pub place: &'static str,
    #[expect(dead_code, reason = "it is for people")]
    pub reason: &'static str,
}

impl Known {
    pub fn covers(&self, place: &str) -> bool {
        let mut rest = place;
        let mut parts = self.place.split('*');
        let Some(start) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
        rest = start;
        let parts: Vec<&str> = parts.collect();
        for (index, part) in parts.iter().enumerate() {
            if index + 1 == parts.len() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.is_empty()
    }
}

const NEW_IN_6: &str = "it is new in version 6, whose schema the stand-in has";
const NO_DEPRECATIONS: &str = "the stand-in's schema has no deprecations, as Terraform only warns of them";
const EMPTY: &str = "what is not given stays null in the stand-in; the real provider's older SDK keeps an empty value";
const ID_OF_6: &str = "the id of an attachment is its role and policy since version 6";

const fn known(place: &'static str, reason: &'static str) -> Known {
    Known { place, reason }
}

pub const KNOWN: &[Known] = &[
    known("resource.*.region", NEW_IN_6),
    known("data_source.*.region", NEW_IN_6),
    known("ephemeral_resource.*.region", NEW_IN_6),
    known("resource.aws_cloudwatch_log_group.deletion_protection_enabled", NEW_IN_6),
    known("first plan aws_secretsmanager_*.after.region", NEW_IN_6),
    known("second plan aws_secretsmanager_*.after.region", NEW_IN_6),
    known("state aws_secretsmanager_*.region", NEW_IN_6),
    known("state data.*.region", NEW_IN_6),
    known("*aws_iam_role_policy_attachment.two*.id", ID_OF_6),
    known("data_source.aws_iam_policy_document.*_json.is", NO_DEPRECATIONS),
    known("resource.aws_iam_role.managed_policy_arns.is", NO_DEPRECATIONS),
    known("*aws_iam_*.description", EMPTY),
    known("*aws_iam_*.tags", EMPTY),
    known("*aws_iam_role.*.permissions_boundary", EMPTY),
    known("*aws_secretsmanager_secret.plain*.description", EMPTY),
    known("*aws_secretsmanager_secret.plain*.kms_key_id", EMPTY),
    known("*aws_secretsmanager_secret.plain*.tags", EMPTY),
    known("*aws_secretsmanager_secret.full*.replica[0].kms_key_id", EMPTY),
    known("*aws_secretsmanager_secret_version.*.secret_binary", EMPTY),
    known("*aws_secretsmanager_secret_version.write_only*.secret_string", EMPTY),
];
