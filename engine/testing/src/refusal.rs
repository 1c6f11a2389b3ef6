//! Every error response of the server, with AWS's code and wording. [`protocol`](super::protocol) serializes it.

use std::fmt;

/// An error response. Its message never contains a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

/// How the message about an invalid member shows its value. The value of a member that the API's model marks as
/// sensitive is omitted, as in `Value at 'secretBinary' failed to satisfy constraint`.
///
/// Sources: messages of the service that others have reported for [a missing member][null], [a member that is
/// shown][text] and [a sensitive member][sensitive].
///
/// [null]: https://github.com/aws/aws-sdk-kotlin/issues/1469
/// [text]: https://github.com/getmoto/moto/blob/master/moto/secretsmanager/responses.py
/// [sensitive]: https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/1531
#[derive(Clone, Copy, Debug)]
pub(super) enum Shown<'a> {
    Null,
    Text(&'a str),
    List(&'a [String]),
    Sensitive,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str(" null"),
            Self::Text(text) => write!(f, " '{text}'"),
            Self::List(texts) => write!(f, " '[{}]'", texts.join(", ")),
            Self::Sensitive => Ok(()),
        }
    }
}

impl Refusal {
    /// Nearly all error responses of Secrets Manager have status 400.
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into() }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn not_found() -> Self {
        Self::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    }

    /// `which` is `staging label: …` or `VersionId: …`.
    pub(super) fn no_value(which: fmt::Arguments<'_>) -> Self {
        let message = format!("Secrets Manager can't find the specified secret value for {which}");
        Self::new("ResourceNotFoundException", message)
    }

    pub(super) fn exists(name: &str) -> Self {
        let message = format!("The operation failed because the secret {name} already exists.");
        Self::new("ResourceExistsException", message)
    }

    pub(super) fn token_taken(token: &str, arn: &str) -> Self {
        let message = format!(
            "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
        );
        Self::new("ResourceExistsException", message)
    }

    /// Source: the message [as others have met it][copy].
    ///
    /// [copy]: https://github.com/gruntwork-io/cloud-nuke/issues/435
    pub(super) fn on_a_copy() -> Self {
        let message = "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
        Self::new("InvalidParameterException", message)
    }

    pub(super) fn marked_for_deletion() -> Self {
        Self::invalid_request("You can't perform this operation on the secret because it was marked for deletion.")
    }

    pub(super) fn already_scheduled() -> Self {
        Self::invalid_request(
            "You can't perform this operation on the secret because it was already scheduled for deletion.",
        )
    }

    pub(super) fn name_scheduled() -> Self {
        Self::invalid_request(
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )
    }

    pub(super) fn stage_mismatch() -> Self {
        Self::invalid_request("You provided a VersionStage that is not associated to the provided VersionId.")
    }

    /// `holder` is the version that has the label. The request does not name it in `RemoveFromVersionId`.
    pub(super) fn label_taken(stage: &str, holder: &str) -> Self {
        Self::invalid_parameter(&format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version \
             {holder}, so you must explicitly reference that version in RemoveFromVersionId."
        ))
    }

    pub(super) fn label_elsewhere(stage: &str) -> Self {
        Self::invalid_parameter(&format!(
            "When you move staging label {stage}, if you specify RemoveFromVersionId, it must be set to the version that \
             currently has the staging label {stage}."
        ))
    }

    pub(super) fn current_removed() -> Self {
        Self::invalid_parameter(
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
        )
    }

    pub(super) fn no_version_to_relabel() -> Self {
        Self::invalid_parameter("You must specify MoveToVersionId, RemoveFromVersionId, or both.")
    }

    pub(super) fn short_password() -> Self {
        Self::invalid_parameter("Password length is too short based on the required types.")
    }

    pub(super) fn no_password() -> Self {
        Self::invalid_parameter("No characters are left that the password can be made of.")
    }

    pub(super) fn invalid_request(message: &str) -> Self {
        Self::new("InvalidRequestException", message)
    }

    pub(super) fn invalid_parameter(message: &str) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// A member of the request violates a constraint of the API's model.
    pub(super) fn constraint(member: &str, value: Shown<'_>, rule: &str) -> Self {
        let message = format!(
            "1 validation error detected: Value{value} at '{member}' failed to satisfy constraint: Member must {rule}"
        );
        Self::new("ValidationException", message)
    }

    /// The name of a secret contains an invalid character.
    pub(super) fn invalid_name() -> Self {
        Self::new(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        )
    }

    /// The request does not follow the protocol. The parser's message is omitted, because it quotes the request.
    pub(super) fn serialization() -> Self {
        Self::new("SerializationException", "The request body is not the JSON that this operation takes.")
    }

    pub(super) fn unknown_operation() -> Self {
        Self::new("UnknownOperationException", "The requested operation is not supported.")
    }

    pub(super) fn too_large() -> Self {
        Self::new("RequestEntityTooLargeException", "The request body is too large.").with_status(413)
    }

    pub(super) fn missing_authentication() -> Self {
        Self::new("MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    /// `resource` is `None` if the operation concerns no secret.
    pub(super) fn access_denied(role: &str, operation: &str, resource: Option<&str>) -> Self {
        let on = resource.map(|resource| format!(" on resource: {resource}")).unwrap_or_default();
        let message = format!(
            "User: arn:aws:sts::123456789012:assumed-role/{role}/{role} is not authorized to perform: \
             secretsmanager:{operation}{on} because no identity-based policy allows the secretsmanager:{operation} action"
        );
        Self::new("AccessDeniedException", message)
    }
}
