"""What can fail, and what to do about it.

No error holds a secret value, a raw answer of AWS, or the exception of boto3 that caused it: any of these can repeat a value.
"""

from __future__ import annotations

from typing import Any


class Operation:
    """Which handler wanted to do what with which secret, in the words of the spec."""

    __slots__ = ("handler", "region", "secret", "verb")

    def __init__(self, handler: str, verb: str, secret: str, region: str | None = None) -> None:
        self.handler = handler
        self.verb = verb
        self.secret = secret
        self.region = region

    def __str__(self) -> str:
        return f"`{self.handler}` cannot {self.verb} `{self.secret}`"


class SecretsError(Exception):
    """An operation failed. `kind` is a stable word for logs and alarms; the subclasses are the kinds."""

    kind = "service"
    #: Whether the same call can succeed a little later without a change by anyone.
    is_retryable = False

    def __init__(self, at: Operation, reason: str) -> None:
        super().__init__(f"{at}: {reason}")
        self.at = at

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def again(error: Exception) -> Exception:
    """A copy of an error that several callers are told: what one of them does with it does not reach the others."""
    copied = _restored(type(error), error.args, error.__dict__)
    if not isinstance(error, SecretsError):
        copied.__cause__ = error
    return copied


def _restored(kind: type[Exception], args: tuple[Any, ...], attributes: dict[str, Any]) -> Exception:
    """An error that was pickled or copied. Its constructor is not called: each kind takes other arguments than the message."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class NotFoundError(SecretsError):
    """There is no such secret, or it has no value. For the secret of a user: the user has none yet, or no longer."""

    kind = "not_found"

    def __init__(self, at: Operation) -> None:
        super().__init__(at, "it does not exist or has no value")


class AccessDeniedError(SecretsError):
    """AWS denies the call, though the spec grants it: the role does not have the policy of the spec."""

    kind = "access_denied"

    def __init__(self, at: Operation) -> None:
        reason = (
            "AWS denies access, although the spec grants it; generate and apply the Terraform, then check that "
            f"`{at.handler}` runs under its role"
        )
        super().__init__(at, reason)


class NotGrantedError(SecretsError, AttributeError):
    """The spec does not grant this call. Nothing was sent to AWS. A type checker reports the same call."""

    kind = "not_granted"

    def __init__(self, at: Operation, spec: str) -> None:
        # A random password belongs to no secret.
        grant = f"`{at.secret}: {at.verb};`" if at.verb != "generate" else "`generate` on a secret that it writes"
        reason = (
            f"the spec does not grant it; add {grant} to the handler `{at.handler}` in {spec}, then generate "
            "the Terraform and this module again, and apply the Terraform"
        )
        super().__init__(at, reason)


class DecryptionError(SecretsError):
    """AWS cannot use the key that encrypts the value."""

    kind = "decryption"

    def __init__(self, at: Operation) -> None:
        super().__init__(at, "its encryption key cannot be used; check that the key is enabled and that the role may use it")


class CredentialsError(SecretsError):
    """The AWS credentials are missing, expired or not valid. In a Lambda function AWS renews them."""

    kind = "credentials"

    def __init__(self, at: Operation) -> None:
        super().__init__(at, "the AWS credentials are missing, expired or invalid")


class ThrottledError(SecretsError):
    """AWS received too many calls in this account and Region, also after the retries of boto3."""

    kind = "throttled"
    is_retryable = True

    def __init__(self, at: Operation) -> None:
        super().__init__(at, "AWS is throttling the calls of this account")


class UnavailableError(SecretsError):
    """AWS failed to answer the call (an HTTP status of 500 or more), also after the retries of boto3."""

    kind = "unavailable"
    is_retryable = True

    def __init__(self, at: Operation, code: str) -> None:
        super().__init__(at, f"AWS failed with `{code}`; a write may have been carried out")
        self.code = code


class PendingDeletionError(SecretsError):
    """The deletion of the secret is scheduled, or AWS has not finished an earlier deletion."""

    kind = "pending_deletion"

    def __init__(self, at: Operation) -> None:
        super().__init__(
            at,
            "its deletion is scheduled, and until it is deleted no secret can be created with its name; "
            "`aws secretsmanager restore-secret` takes the deletion back",
        )


class ConflictError(SecretsError):
    """Other writers kept changing the value, or reads kept returning an old one. Nothing was written."""

    kind = "conflict"
    is_retryable = True


class InvalidPayloadError(SecretsError):
    """The stored value is not what the spec says, or the new value cannot be stored. Says where, and never what is there."""

    kind = "invalid_payload"

    def __init__(self, at: Operation, fault: str) -> None:
        super().__init__(at, f"its value is not a valid payload: {fault}")


class TooLargeError(SecretsError):
    """The value has more bytes than Secrets Manager stores. Nothing was sent."""

    kind = "too_large"

    def __init__(self, at: Operation, size: int, limit: int) -> None:
        super().__init__(at, f"its value would have {size} bytes, and AWS stores at most {limit}")


class TransportError(SecretsError):
    """AWS was not reached, or did not answer in time or in full. A write may have been carried out."""

    kind = "transport"
    is_retryable = True

    def __init__(self, at: Operation, reason: str) -> None:
        super().__init__(at, f"no usable answer came from AWS ({reason}); a write may have been carried out")


class ServiceError(SecretsError):
    """Any other refusal. `code` is the error code of AWS."""

    def __init__(self, at: Operation, code: str) -> None:
        super().__init__(at, f"AWS answered `{code}`")
        self.code = code


class InvalidInputError(SecretsError):
    """What the caller gave cannot be used. Nothing was sent."""

    kind = "invalid_input"


class OtherSecretError(InvalidInputError):
    """The event is about another secret than the one that the function rotates. Nothing was called."""

    def __init__(self, at: Operation) -> None:
        super().__init__(at, "the event is for another secret")


class NotEnabledError(InvalidInputError):
    """The secret's rotation is turned off, or was never turned on."""

    def __init__(self, at: Operation) -> None:
        super().__init__(at, "its rotation is not turned on; apply the Terraform")


class NotPendingError(InvalidInputError):
    """The event's version is not the one that is pending: the rotation was given up, or the event is an old one."""

    def __init__(self, at: Operation) -> None:
        super().__init__(at, "the event's version is not the pending version")


class NothingPendingError(InvalidInputError):
    """The step came before the one that makes the new value."""

    def __init__(self, at: Operation, step: str) -> None:
        super().__init__(at, f"`{step}` was called before a new value was created")
        self.step = step


class UnsettledError(ConflictError):
    """Others kept moving the labels that end the rotation."""

    def __init__(self, at: Operation, rounds: int) -> None:
        super().__init__(at, f"its labels were moved by others {rounds} times in a row")


class StepFailedError(SecretsError):
    """The rotation's own part of the step failed. `__cause__` is what it raised, which should hold no value."""

    kind = "step_failed"

    def __init__(self, at: Operation, step: str) -> None:
        super().__init__(at, f"the rotation's implementation of `{step}` failed")
        self.step = step


class Refused:
    """Refusals that the write loop tells apart, and callers do not."""

    class NoValueError(NotFoundError):
        """The secret is there, and has no current version."""

    class TakenError(SecretsError):
        """The token of a write, or the name of a new secret, is taken."""


class ConfigError(Exception):
    """The environment does not say what the client has to know, or was applied for another spec."""


class OutdatedError(ConfigError):
    """The infrastructure that was applied is not that of the spec which this module was generated from."""

    def __init__(self, handler: str, differences: list[str]) -> None:
        super().__init__(
            f"this module was generated for other infrastructure of `{handler}` than is applied: {listed(differences)}; "
            "apply the Terraform, and deploy the function with the module of the same spec"
        )
        self.differences = differences

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


class PayloadFault(Exception):
    """Where a value is not what the schema asks for. Never says what is there."""


class KeyValueError(ValueError):
    """A key that cannot be part of the name of a secret. It does not repeat the key, which comes from a request."""


def listed(differences: list[str]) -> str:
    """The first eight differences on one line."""
    more = len(differences) - 8
    text = "; ".join(differences[:8])
    return f"{text}; and {more} more" if more > 0 else text
