"""Facts about arguments as the schema messages of the plugin protocol."""

import json
import re

from tf.gen import tfplugin_pb2 as pb

from provider.facts import Attribute, Block

_NESTING = {
    "list": pb.Schema.NestedBlock.LIST,
    "set": pb.Schema.NestedBlock.SET,
    "single": pb.Schema.NestedBlock.SINGLE,
}

# `write_only = 11` of Schema.Attribute, set to true: the messages of `tf` are older than this field, and protobuf
# keeps what it does not know.
_WRITE_ONLY = bytes([11 << 3, 1])


def schema(facts: Block) -> pb.Schema:
    """The schema of a resource, a data source or the provider."""
    return pb.Schema(version=0, block=_block(facts))


def _block(facts: Block) -> pb.Schema.Block:
    return pb.Schema.Block(
        attributes=[_attribute(name, attribute) for name, attribute in facts.attributes.items()],
        block_types=[_nested(name, nested) for name, nested in facts.blocks.items()],
    )


def _nested(name: str, facts: Block) -> pb.Schema.NestedBlock:
    single = facts.nesting == "single"
    return pb.Schema.NestedBlock(
        type_name=name,
        block=_block(facts),
        nesting=_NESTING[facts.nesting],
        min_items=0 if single else facts.min,
        max_items=0 if single else facts.max,
    )


def _attribute(name: str, facts: Attribute) -> pb.Schema.Attribute:
    attribute = pb.Schema.Attribute(
        name=name,
        type=json.dumps(_type(facts.type)).encode(),
        required=facts.required,
        optional=facts.optional,
        computed=facts.computed,
        sensitive=facts.sensitive,
    )
    if facts.write_only:
        attribute.MergeFromString(_WRITE_ONLY)
    return attribute


def _type(text: str) -> object:
    """`map(string)` as Terraform's JSON for it, `["map", "string"]`."""
    tokens = re.findall(r"\w+|[(){}=,]", text)
    parsed, rest = _parse(tokens)
    if rest:
        raise ValueError(f"`{text}` is not a type")
    return parsed


def _parse(tokens: list[str]) -> tuple[object, list[str]]:
    name, rest = tokens[0], tokens[1:]
    if name in ("list", "set", "map"):
        element, rest = _parse(rest[1:])
        return [name, element], rest[1:]
    if name != "object":
        return name, rest
    fields = {}
    rest = rest[2:]
    while rest[0] != "}":
        key = rest[0]
        fields[key], rest = _parse(rest[2:])
        rest = rest[1:] if rest[0] == "," else rest
    return ["object", fields], rest[2:]
