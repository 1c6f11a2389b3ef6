"""What each resource and data source takes as arguments: the schema file, read into dataclasses.

The file was taken from the provider's published bindings, which do not say everything; `SUPPLEMENT` adds what they
leave out and what the stand-in needs, from the provider's documentation.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).parents[2] / "data" / "aws-provider-schema.json"

# These are written with the plugin framework, whose plans Terraform checks more strictly.
FRAMEWORK_RESOURCES = {"aws_iam_role_policies_exclusive", "aws_iam_role_policy_attachments_exclusive"}

_POLICY = {"policy": {"json": True}}
_FORCE_NEW = {"force_new": True}
_COMPUTED = {"computed": True}
_NAME = {
    "name": {"computed": True, "force_new": True, "conflicts_with": ["name_prefix"]},
    "name_prefix": {"computed": True, "force_new": True, "conflicts_with": ["name"]},
}

# By type, and by attribute or block; a dot leads into a block.
SUPPLEMENT: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "resources": {
        "aws_secretsmanager_secret": {
            **_POLICY,
            "replica": _COMPUTED,
            "replica.kms_key_id": _COMPUTED,
        },
        "aws_secretsmanager_secret_policy": {**_POLICY, "secret_arn": _FORCE_NEW},
        "aws_secretsmanager_secret_rotation": {
            "rotation_rules.automatically_after_days": {
                "allowed": "1..1000",
                "exactly_one_of": ["automatically_after_days", "schedule_expression"],
            },
        },
        "aws_lambda_permission": {
            **dict.fromkeys(
                (
                    "action",
                    "event_source_token",
                    "function_name",
                    "function_url_auth_type",
                    "principal",
                    "principal_org_id",
                    "qualifier",
                    "source_account",
                    "source_arn",
                ),
                _FORCE_NEW,
            ),
            "statement_id": {**_COMPUTED, **_FORCE_NEW, "conflicts_with": ["statement_id_prefix"]},
            "statement_id_prefix": {**_COMPUTED, **_FORCE_NEW, "conflicts_with": ["statement_id"]},
        },
        "aws_iam_role": {
            "assume_role_policy": {"json": True},
            "inline_policy": _COMPUTED,
            "inline_policy.policy": {"json": True},
        },
        "aws_iam_policy": _POLICY,
        "aws_iam_role_policy": _POLICY,
        "aws_iam_role_policy_attachment": {"role": _FORCE_NEW, "policy_arn": _FORCE_NEW},
        "aws_iam_role_policies_exclusive": {"role_name": _FORCE_NEW},
        "aws_iam_role_policy_attachments_exclusive": {"role_name": _FORCE_NEW},
        "aws_kms_key": {
            **_POLICY,
            "bypass_policy_lockout_safety_check": {"default": False},
            "enable_key_rotation": {"default": False},
        },
        "aws_kms_alias": _NAME,
        "aws_cloudwatch_log_group": {
            **_NAME,
            "log_group_class": {"computed": True, "force_new": True},
            "retention_in_days": {"default": 0},
            "skip_destroy": {"default": False},
        },
    },
    "data_sources": {
        "aws_region": {"name": _COMPUTED, "endpoint": _COMPUTED, "region": _COMPUTED},
        "aws_secretsmanager_secret": {
            "arn": {"computed": True, "exactly_one_of": ["arn", "name"]},
            "name": {"computed": True, "exactly_one_of": ["arn", "name"]},
            "tags": _COMPUTED,
        },
        "aws_secretsmanager_secret_version": {
            "secret_binary": {"sensitive": True},
            "secret_string": {"sensitive": True},
            "version_id": _COMPUTED,
            "version_stage": {"default": "AWSCURRENT"},
        },
    },
}


@dataclass(frozen=True)
class Attribute:
    """One argument or computed attribute; the fields are those of the schema file."""

    type: str
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    write_only: bool = False
    force_new: bool = False
    default: Any = None
    allowed: str = ""
    max_length: int | None = None
    conflicts_with: list[str] = field(default_factory=list)
    required_with: list[str] = field(default_factory=list)
    exactly_one_of: list[str] = field(default_factory=list)
    # A JSON policy document, compared by its meaning.
    json: bool = False

    @property
    def configurable(self) -> bool:
        """Whether a configuration may set it."""
        return self.required or self.optional


@dataclass(frozen=True)
class Block:
    """A nested block, or, without a nesting, a whole resource or data source."""

    attributes: dict[str, Attribute]
    blocks: dict[str, "Block"]
    nesting: str = ""
    min: int = 0
    max: int = 0
    computed: bool = False


@cache
def resources() -> dict[str, Block]:
    """Every resource type of the schema file."""
    return _types("resources")


@cache
def data_sources() -> dict[str, Block]:
    """Every data source of the schema file."""
    return _types("data_sources")


@cache
def ephemeral_resources() -> dict[str, Block]:
    """Every ephemeral resource type of the schema file."""
    return _types("ephemeral_resources")


def _types(kind: str) -> dict[str, Block]:
    types = json.loads(SCHEMA_FILE.read_text())[kind]
    return {name: block(entry, SUPPLEMENT.get(kind, {}).get(name, {})) for name, entry in types.items()}


def block(entry: dict[str, Any], supplement: dict[str, dict[str, Any]], path: str = "") -> Block:
    """One entry of the schema file, with what `supplement` adds to it."""
    attributes = {
        name: Attribute(**(given | supplement.get(path + name, {}))) for name, given in entry["attributes"].items()
    }
    # The argument that version 6 gave to every regional resource: known in the plan, and fixed for a resource's life.
    if "region" in attributes and not path and attributes["region"].optional:
        attributes["region"] = Attribute(type="string", optional=True, computed=True, force_new=True)
    nested = {name: block(given, supplement, f"{path}{name}.") for name, given in entry.get("blocks", {}).items()}
    return Block(
        attributes,
        nested,
        nesting=entry.get("nesting", ""),
        min=entry.get("min", 0),
        max=entry.get("max", 0),
        computed=supplement.get(path.removesuffix("."), {}).get("computed", False),
    )
