"""The provider block: which arguments it takes, and the `Aws` that follows from it and the environment."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from tf.types import Unknown

from provider.aws import Aws, Failure, doing, environment
from provider.facts import Attribute, Block

_TEXT = Attribute(type="string", optional=True)
_SECRET = Attribute(type="string", optional=True, sensitive=True)
_SWITCH = Attribute(type="bool", optional=True)

FACTS = Block(
    attributes={
        "access_key": _SECRET,
        "region": _TEXT,
        "secret_key": _SECRET,
        "skip_credentials_validation": _SWITCH,
        # The stand-in makes none of the checks that these two leave out.
        "skip_metadata_api_check": _TEXT,
        "skip_region_validation": _SWITCH,
        # Every account id comes from the API itself.
        "skip_requesting_account_id": _SWITCH,
        "token": _SECRET,
    },
    blocks={
        "default_tags": Block(
            attributes={"tags": Attribute(type="map(string)", optional=True)}, blocks={}, nesting="list", max=1
        ),
    },
)


def configure(config: dict[str, Any]) -> Aws:
    """The provider as this configuration says; its credentials are tried, as the real one does."""
    tags = (config["default_tags"] or [{}])[0].get("tags") or {}
    if Unknown in config.values() or tags is Unknown or Unknown in tags.values():
        raise Failure("Invalid provider configuration", "an argument is not known before the apply")
    region = config["region"] or environment("AWS_REGION", "AWS_DEFAULT_REGION")
    if not region:
        raise Failure("Invalid provider configuration", "missing region: not in the provider block, nor in AWS_REGION")
    access_key = config["access_key"] or environment("AWS_ACCESS_KEY_ID")
    secret_key = config["secret_key"] or environment("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        raise Failure("No valid credential sources found", "not in the provider block, nor in AWS_ACCESS_KEY_ID")
    aws = Aws(
        region=region,
        endpoint=_endpoint(),
        access_key=access_key,
        secret_key=secret_key,
        token=config["token"] or environment("AWS_SESSION_TOKEN"),
        default_tags=tags,
    )
    if not config["skip_credentials_validation"]:
        client = aws.client("sts")
        with doing("validating provider credentials"):
            client.get_caller_identity()
    return aws


def _endpoint() -> str:
    endpoint = environment("AWS_ENDPOINT_URL")
    if not endpoint:
        raise Failure("The stand-in has no server to talk to", "AWS_ENDPOINT_URL has no value")
    host = urlsplit(endpoint).hostname or ""
    if host != "localhost" and not _is_loopback(host):
        raise Failure("The stand-in talks to loopback alone", f"AWS_ENDPOINT_URL names the host `{host}`")
    return endpoint


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
