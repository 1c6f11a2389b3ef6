"""The API calls of Secrets Manager, one method each, and what their failures mean. Nothing else of the package calls boto3."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from .errors import (
    AccessDeniedError,
    ConfigError,
    CredentialsError,
    DecryptionError,
    NotFoundError,
    Operation,
    PendingDeletionError,
    Refused,
    SecretsError,
    ServiceError,
    ThrottledError,
    TransportError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_THROTTLED = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "TooManyRequestsException",
    }
)
_CREDENTIALS = frozenset(
    {
        "ExpiredTokenException",
        "ExpiredToken",
        "RequestExpired",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    }
)
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "NotAuthorized", "UnauthorizedOperation"})
_UNAVAILABLE = frozenset({"InternalServiceError", "InternalServiceErrorException", "InternalFailure", "ServiceUnavailable"})
#: The role may call Secrets Manager, but not use the key. Each of AWS's words here has a space, which no name in a message has.
_KEY_DENIED = ("Access to KMS is not allowed", "is not authorized to perform: kms:")
#: A secret that waits for its deletion, or a name that AWS has not let go of.
_DELETED = (
    "was marked for deletion",
    "was already scheduled for deletion",
    "is already scheduled for deletion",
    "currently marked deleted",
)
#: The secret is there, and the version that is asked for is not.
_NO_VALUE = "find the specified secret value"
#: The exceptions of botocore by name, so that a start does not import them one by one.
_NO_CREDENTIALS = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
        "SSOTokenLoadError",
        "NoAuthTokenError",
    }
)


#: Seconds to connect and to wait for an answer, and attempts.
_Limits = tuple[float, float, int]
_PATIENT: _Limits = (2, 3, 3)
#: Together about three seconds, where there is another place to ask.
_IMPATIENT: _Limits = (1, 1.5, 2)


class Answer:
    """What GetSecretValue gave. `text` is `None` for a binary value, which `binary` is then."""

    __slots__ = ("arn", "binary", "text", "version")

    def __init__(self, text: str | None, version: str, arn: str, binary: bytes | None = None) -> None:
        self.text = text
        self.binary = binary or b""
        self.version = version
        self.arn = arn


class Calls:
    """The calls, through one boto3 client for each Region, and one more for each where a read is given up early."""

    __slots__ = ("_clients", "_given", "_impatient", "_region", "_variables", "lock")

    def __init__(
        self, boto3_client: Any, region: str | None, regional: Mapping[str, Any], variables: Mapping[str, str]
    ) -> None:
        self._given: dict[str | None, Any] = {name: client for name, client in regional.items()}
        if boto3_client is not None:
            self._given[None] = boto3_client
        self._region = region
        self._variables = variables
        self.begin()

    def begin(self) -> None:
        """Without the clients that were made: also in a child process, which has connections of its own."""
        self._clients = dict(self._given)
        self._impatient: dict[str | None, Any] = {}
        self.lock = threading.Lock()

    def of(self, at: Operation) -> Any:
        """The client for the Region of an operation's secret."""
        return self._client(self._clients, at.region, _PATIENT)

    def of_impatient(self, at: Operation) -> Any:
        """As `of`, but it gives up early. A client that was given has time limits of its own."""
        if at.region in self._given:
            return self._given[at.region]
        return self._client(self._impatient, at.region, _IMPATIENT)

    def of_copy(self, region: str) -> Any:
        """The client for copies in a Region, which gives up early."""
        return self._given.get(region) or self._client(self._impatient, region, _IMPATIENT)

    def has_copies_in(self, region: str) -> bool:
        """Not where an endpoint is set for all Regions: it is that of one, and what answers there would be no copy."""
        if region in self._given or self._endpoint(region) is not None:
            return True
        client = self._client(self._clients, None, _PATIENT)
        return _has_endpoint_of_its_region(client)

    def region(self, at: Operation) -> str:
        """The Region of an operation's secret."""
        return _region_of(self.of(at))

    def has_version(self, at: Operation, name: str, version: str, client: Any) -> bool:
        """Whether there is a version of this id. What cannot be read is taken for one that is not there."""
        try:
            self._call(at, "get_secret_value", client, SecretId=name, VersionId=version)
        except SecretsError:
            return False
        return True

    def get(self, at: Operation, secret_id: str, stage: str, client: Any = None) -> Answer:
        # Named even where AWS would take it by itself: a policy's condition sees no label that the request does not name.
        found = self._call(at, "get_secret_value", client, SecretId=secret_id, VersionStage=stage)
        version, arn = found.get("VersionId"), found.get("ARN")
        if not version or not arn:
            raise TransportError(at, "answer")
        return Answer(found.get("SecretString"), version, arn, found.get("SecretBinary"))

    def put(self, at: Operation, secret_id: str, token: str, text: str) -> tuple[str, str]:
        """`wrote`, `wrote_before`, `taken`, `absent` or `pending`, and the version."""
        return self._written(
            at, "put_secret_value", SecretId=secret_id, ClientRequestToken=token, SecretString=text
        )

    def create(self, at: Operation, name: str, kms_key: str | None, text: str) -> tuple[str, str]:
        """As `put`. boto3 makes a random token, and the name makes the creation atomic."""
        key = {} if kms_key is None else {"KmsKeyId": kms_key}
        return self._written(at, "create_secret", Name=name, SecretString=text, **key)

    def _written(self, at: Operation, operation: str, **arguments: Any) -> tuple[str, str]:
        try:
            answer = self._call(at, operation, **arguments)
        except Refused.TakenError:
            return "taken", ""
        except PendingDeletionError:
            return "pending", ""
        except NotFoundError:
            return "absent", ""
        version = answer.get("VersionId")
        if not version:
            raise TransportError(at, "answer")
        # A token that was used for this very value before is accepted without a change.
        is_current = operation == "create_secret" or "AWSCURRENT" in answer.get("VersionStages", ())
        return ("wrote" if is_current else "wrote_before"), version

    def restore(self, at: Operation, name: str) -> None:
        """Takes a scheduled deletion back. That there is nothing to take back is left to the next read to find."""
        try:
            self._call(at, "restore_secret", SecretId=name)
        except (NotFoundError, PendingDeletionError):
            return

    def describe(self, at: Operation, name: str) -> dict[str, Any]:
        """What is known of the secret, without its value."""
        found = self._call(at, "describe_secret", SecretId=name)
        fields = {
            "arn": "ARN",
            "created": "CreatedDate",
            "last_changed": "LastChangedDate",
            "last_accessed": "LastAccessedDate",
            "deleted": "DeletedDate",
        }
        return {field: found.get(name) for field, name in fields.items()}

    def delete(self, at: Operation, name: str) -> bool:
        try:
            self._call(at, "delete_secret", SecretId=name, ForceDeleteWithoutRecovery=True)
        except NotFoundError:
            return False
        return True

    def labels(self, at: Operation, arn: str) -> tuple[bool, dict[str, list[str]]]:
        """Whether the secret is rotated, and the labels of all versions that have any."""
        found = self._call(at, "describe_secret", SecretId=arn)
        return bool(found.get("RotationEnabled")), found.get("VersionIdsToStages") or {}

    def version(self, at: Operation, arn: str, which: dict[str, str]) -> Answer | None:
        """A version by its id or by a label; `None` where it has no value. A rotation makes the pending version before its value."""
        try:
            found = self._call(at, "get_secret_value", SecretId=arn, **which)
        except NotFoundError:
            return None
        if found.get("SecretString") is None and found.get("SecretBinary") is None:
            return None
        return Answer(found.get("SecretString"), found.get("VersionId") or "", arn)

    def put_pending(self, at: Operation, arn: str, version: str, rotation_token: str | None, text: str) -> bool:
        """Gives the pending version of a rotation its value. `False` where it has another one already."""
        token = {} if rotation_token is None else {"RotationToken": rotation_token}
        write = {"SecretId": arn, "ClientRequestToken": version, "VersionStages": ["AWSPENDING"], "SecretString": text}
        try:
            self._call(at, "put_secret_value", **write, **token)
        except Refused.TakenError:
            return False
        return True

    def relabel(self, at: Operation, arn: str, label: str, source: str | None, target: str | None) -> bool:
        """Moves a label, or takes it away. `False` where it was not where it was said to be."""
        ends = {"RemoveFromVersionId": source, "MoveToVersionId": target}
        named = {name: version for name, version in ends.items() if version is not None}
        try:
            self._call(at, "update_secret_version_stage", SecretId=arn, VersionStage=label, **named)
        except ServiceError as error:
            if error.code != "InvalidParameterException":
                raise
            return False
        return True

    def random_password(self, at: Operation, rules: dict[str, Any]) -> str:
        return str(self._call(at, "get_random_password", **rules)["RandomPassword"])

    def _call(self, at: Operation, operation: str, client: Any = None, **arguments: Any) -> dict[str, Any]:
        client = self.of(at) if client is None else client
        failure: SecretsError
        try:
            return getattr(client, operation)(**arguments)  # type: ignore[no-any-return]
        except Exception as error:  # noqa: BLE001  (what boto3 raises for wrong arguments repeats the value)
            failure = _failure(at, operation, error)
        # Outside of the handler, so that the exception of boto3, which can hold a value, is not attached.
        raise failure

    def _client(self, clients: dict[str | None, Any], region: str | None, limits: _Limits) -> Any:
        client = clients.get(region)
        if client is None:
            # boto3's default session may not be used by two threads at once while a client is made.
            with self.lock:
                client = clients.get(region)
                if client is None:
                    endpoint = self._endpoint(region)
                    client = clients[region] = _made(region or self._region, endpoint, limits)
        return client

    def _endpoint(self, region: str | None) -> str | None:
        """The endpoint that is set for another Region than that of most secrets."""
        if region is None:
            return None
        return self._variables.get(f"SECRETS_ENDPOINT_URL_{region.upper().replace('-', '_')}") or None


def _region_of(client: Any) -> str:
    return str(getattr(getattr(client, "meta", None), "region_name", ""))


def _has_endpoint_of_its_region(client: Any) -> bool:
    """The names of AWS's endpoints have the Region as a part."""
    endpoint = str(getattr(getattr(client, "meta", None), "endpoint_url", ""))
    return _region_of(client) in endpoint.split("://")[-1].split("/")[0].split(".")


def _made(region: str | None, endpoint: str | None, limits: _Limits) -> Any:
    # At the first call: a start that reads nothing does not pay for it.
    import boto3  # type: ignore[import-untyped, unused-ignore]
    from botocore.config import Config  # type: ignore[import-untyped, unused-ignore]

    connect, read, attempts = limits
    retries = {"mode": "standard", "total_max_attempts": attempts}
    settings = Config(connect_timeout=connect, read_timeout=read, retries=retries)
    problem = ""
    try:
        return boto3.Session().client("secretsmanager", region_name=region, endpoint_url=endpoint, config=settings)
    except Exception as error:  # noqa: BLE001  (every class of botocore's errors about settings)
        problem = f"boto3 cannot make a client ({type(error).__name__}): {error}"
    raise ConfigError(problem)


def _failure(at: Operation, operation: str, error: Exception) -> SecretsError:
    """What a failed call means, by the error code and the operation. Words only where AWS documents that they decide."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return _without_answer(at, error)
    details = response.get("Error") or {}
    code, message = str(details.get("Code") or ""), str(details.get("Message") or "")
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0
    # Without a code it was no answer of Secrets Manager; boto3 takes the status for one.
    if not code or code == str(status):
        return TransportError(at, "answer")
    if code == "ResourceNotFoundException":
        # One code for a secret that is not there, and for one without a value: AWS's words tell them apart.
        is_empty = operation == "get_secret_value" and _NO_VALUE in message
        return Refused.NoValueError(at) if is_empty else NotFoundError(at)
    if code == "ResourceExistsException" and operation in ("put_secret_value", "create_secret"):
        return Refused.TakenError(at, "its name or its version is taken")
    if code == "AccessDeniedException" and _says(message, _KEY_DENIED):
        return DecryptionError(at)
    if code in _DENIED:
        return AccessDeniedError(at)
    if code in ("DecryptionFailure", "EncryptionFailure"):
        return DecryptionError(at)
    if code in _THROTTLED or status == 429:
        return ThrottledError(at)
    if code in _CREDENTIALS:
        return CredentialsError(at)
    if code == "InvalidRequestException" and _says(message, _DELETED):
        return PendingDeletionError(at)
    if code in _UNAVAILABLE or (isinstance(status, int) and status >= 500):
        return UnavailableError(at, _plain(code))
    return ServiceError(at, _plain(code))


def _says(message: str, words: tuple[str, ...]) -> bool:
    return any(part in message for part in words)


def _without_answer(at: Operation, error: Exception) -> SecretsError:
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & _NO_CREDENTIALS:
        return CredentialsError(at)
    if "ParamValidationError" in names:
        return ServiceError(at, "ParamValidationError")
    if names & {"ConnectTimeoutError", "ReadTimeoutError"}:
        return TransportError(at, "time-out")
    if "ResponseParserError" in names or isinstance(error, json.JSONDecodeError):
        return TransportError(at, "answer")
    return TransportError(at, "connection")


def _plain(code: str) -> str:
    """A code comes from the network: what is not a short word is not repeated."""
    return code if 0 < len(code) <= 64 and code.isascii() and code.isalnum() else "an unknown error"
