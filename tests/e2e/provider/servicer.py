"""The plugin protocol: Terraform's requests to plans, resources and data sources, and problems to diagnostics."""

import functools
import json
import re
import traceback
from collections.abc import Callable
from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.utils import Diagnostics

from provider import configure, facts, messages, wire
from provider.aws import Aws, Failure, doing
from provider.planning import Defaults, State, known, plan, replaced, settle
from provider.registry import DATA_SOURCES, EPHEMERAL_RESOURCES, RESOURCES
from provider.resource import DataSource, Resource
from provider.schema import schema
from provider.validation import validate

_STATES = ("config", "prior_state", "planned_state", "current_state", "proposed_new_state")

Answer = dict[str, Any]


def answers(response: Any) -> Callable[[Callable[..., Answer]], Callable[..., Any]]:
    """Makes the answer of a method a response message, and what goes wrong in it diagnostics."""

    def decorate(method: Callable[..., Answer]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapper(self: "Servicer", request: Any, _context: Any) -> Any:
            diagnostics = Diagnostics()
            with_problems = functools.partial(method, self, request, diagnostics)
            fields = attempt(diagnostics, with_problems) or {}
            return response(diagnostics=_redacted(request, diagnostics), **fields)

        return wrapper

    return decorate


def attempt(diagnostics: Diagnostics, call: Callable[[], Any], what: str = "") -> Any:
    """What `call` answers, None with a diagnostic if it fails."""
    try:
        if not what:
            return call()
        with doing(what):
            return call()
    except Failure as failure:
        diagnostics.add_error(failure.summary, failure.detail)
    except Exception as error:
        # The text of an unforeseen error may hold anything.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{frame.filename}, line {frame.lineno}"
        diagnostics.add_error("The stand-in for hashicorp/aws has a bug", f"{type(error).__name__} in {place}")
    return None


class Servicer(rpc.ProviderServicer):
    """Answers Terraform; `aws` is there once the provider is configured."""

    def __init__(self, _provider: None = None) -> None:
        self.aws: Aws | None = None

    @answers(lambda **fields: messages.add_schemas(pb.GetProviderSchema.Response(**fields), _ephemeral_schemas()))
    def GetProviderSchema(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """Every type of the schema file, implemented or not."""
        capabilities = pb.ServerCapabilities(plan_destroy=True, get_provider_schema_optional=True)
        return {
            "provider": schema(configure.FACTS),
            "resource_schemas": {name: schema(entry) for name, entry in facts.resources().items()},
            "data_source_schemas": {name: schema(entry) for name, entry in facts.data_sources().items()},
            "server_capabilities": capabilities,
        }

    @answers(pb.ValidateProviderConfig.Response)
    def ValidateProviderConfig(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """The schema says it all."""
        return {}

    @answers(pb.ValidateResourceConfig.Response)
    def ValidateResourceConfig(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """What is wrong with a resource whatever AWS says."""
        validate(facts.resources()[request.type_name], wire.read(request.config), diagnostics)
        return {}

    @answers(pb.ValidateDataResourceConfig.Response)
    def ValidateDataResourceConfig(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """What is wrong with a data source whatever AWS says."""
        validate(facts.data_sources()[request.type_name], wire.read(request.config), diagnostics)
        return {}

    @answers(pb.ConfigureProvider.Response)
    def ConfigureProvider(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """Before the first call of AWS."""
        self.aws = configure.configure(wire.read(request.config))
        return {}

    @answers(pb.UpgradeResourceState.Response)
    def UpgradeResourceState(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """There is one version of each schema, and its states come as JSON."""
        entry, raw = facts.resources()[request.type_name], json.loads(request.raw_state.json)
        state = {name: raw.get(name) for name in (*entry.attributes, *entry.blocks)}
        return {"upgraded_state": wire.write(state)}

    @answers(pb.ReadResource.Response)
    def ReadResource(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """The state as AWS has it now."""
        entry, resource = facts.resources()[request.type_name], self._resource(request.type_name)
        state = wire.read(request.current_state)
        if "region" in entry.attributes:
            state["region"] = state["region"] or resource.aws.region
        with doing(f"reading {resource.title(state)}"):
            found = resource.read(state)
        return {"new_state": wire.write(found and settle(entry, found, state)), "private": request.private}

    @answers(pb.PlanResourceChange.Response)
    def PlanResourceChange(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """What the apply will do, without a call of AWS."""
        entry, resource = facts.resources()[request.type_name], self._resource(request.type_name)
        prior, proposed = wire.read(request.prior_state), wire.read(request.proposed_new_state)
        legacy = {"legacy_type_system": request.type_name not in facts.FRAMEWORK_RESOURCES}
        if proposed is None:
            return {"planned_state": wire.write(None), **legacy}
        defaults = Defaults(resource.aws.region, resource.aws.default_tags)
        planned = plan(entry, prior, proposed, wire.read(request.config), defaults)
        resource.refine_plan(prior, planned)
        paths = [_path(name) for name in replaced(entry, prior, planned)]
        return {"planned_state": wire.write(planned), "requires_replace": paths, **legacy}

    @answers(pb.ApplyResourceChange.Response)
    def ApplyResourceChange(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """Creates, updates or deletes; a failed change answers with what is there nevertheless."""
        prior, planned = wire.read(request.prior_state), wire.read(request.planned_state)
        config = wire.read(request.config)
        resource = self._resource(request.type_name)
        if planned is None:
            state = self._delete(resource, prior, diagnostics)
        else:
            state = self._write(resource, prior, planned, config, diagnostics)
        legacy = request.type_name not in facts.FRAMEWORK_RESOURCES
        return {"new_state": wire.write(state), "legacy_type_system": legacy}

    @answers(pb.ImportResourceState.Response)
    def ImportResourceState(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """As much of the state as the id says; Terraform reads it next."""
        entry, resource = facts.resources()[request.type_name], self._resource(request.type_name)
        empty = dict.fromkeys(entry.attributes) | {
            name: None if nested.nesting == "single" else [] for name, nested in entry.blocks.items()
        }
        import_id, there = _region_apart(request.id) if "region" in entry.attributes else (request.id, {})
        state = wire.write(empty | resource.imported(import_id) | there)
        imported = pb.ImportResourceState.ImportedResource(type_name=request.type_name, state=state)
        return {"imported_resources": [imported]}

    @answers(pb.ReadDataSource.Response)
    def ReadDataSource(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """The configuration with what AWS says."""
        entry, config = facts.data_sources()[request.type_name], wire.read(request.config)
        source = self._data_source(request.type_name)
        with doing(f"reading {source.noun}"):
            found = source.read(config)
        if "region" in entry.attributes:
            config["region"] = config["region"] or source.aws.region
        return {"state": wire.write(config | found)}

    @answers(messages.Validate)
    def ValidateEphemeralResourceConfig(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """What is wrong with an ephemeral resource whatever AWS says."""
        validate(facts.ephemeral_resources()[request.type_name], wire.read(request.config), diagnostics)
        return {}

    @answers(messages.Open)
    def OpenEphemeralResource(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """The configuration with what AWS says, which Terraform keeps nowhere."""
        config = wire.read(request.config)
        what = f"the ephemeral resource `{request.type_name}`"
        source = self._implementation(EPHEMERAL_RESOURCES.get(request.type_name), what)
        with doing(f"opening {source.noun}"):
            found = source.read(config)
        region = {"region": config["region"] or source.aws.region}
        return {"result": wire.write(config | region | found)}

    @answers(messages.Close)
    def CloseEphemeralResource(self, request: Any, diagnostics: Diagnostics) -> Answer:
        """Nothing was held open."""
        return {}

    def StopProvider(self, _request: Any, _context: Any) -> Any:
        """`tf` ends the process after this answer."""
        return pb.StopProvider.Response()

    def _write(
        self, resource: Resource, prior: State | None, planned: State, config: State, diagnostics: Diagnostics
    ) -> State | None:
        state = known(planned)
        title = resource.title(state)
        if prior is None:
            attempt(diagnostics, lambda: resource.create(state, config), f"creating {title}")
        else:
            attempt(diagnostics, lambda: resource.update(prior, state), f"updating {title}")
        if diagnostics.has_errors():
            exists = prior is None and state.get("id") is not None
            return state if exists else prior
        found = attempt(diagnostics, lambda: resource.read(state), f"reading {resource.title(state)}")
        if found is None and not diagnostics.has_errors():
            diagnostics.add_error(f"reading {resource.title(state)}: it is gone right after it was written")
        return settle(facts.resources()[resource.type_name], found or state, known(planned))

    def _delete(self, resource: Resource, prior: State, diagnostics: Diagnostics) -> State | None:
        attempt(diagnostics, lambda: resource.delete(prior), f"deleting {resource.title(prior)}")
        return prior if diagnostics.has_errors() else None

    def _resource(self, type_name: str) -> Resource:
        return self._implementation(RESOURCES.get(type_name), f"the resource `{type_name}`")

    def _data_source(self, type_name: str) -> DataSource:
        return self._implementation(DATA_SOURCES.get(type_name), f"the data source `{type_name}`")

    def _implementation(self, kind: Any, what: str) -> Any:
        if kind is None:
            raise Failure(f"the stand-in does not implement {what}")
        if self.aws is None:
            raise Failure("The provider is not configured")
        return kind(self.aws)


def _ephemeral_schemas() -> dict[str, pb.Schema]:
    return {name: schema(entry) for name, entry in facts.ephemeral_resources().items()}


def _path(name: str) -> pb.AttributePath:
    return pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)])


def _redacted(request: Any, diagnostics: Diagnostics) -> list[pb.Diagnostic]:
    """The diagnostics, without any sensitive value of the request."""
    messages = diagnostics.to_pb()
    type_name = getattr(request, "type_name", "")
    entry = facts.resources().get(type_name) if messages else None
    if entry is None:
        return messages
    sensitive = [name for name, attribute in entry.attributes.items() if attribute.sensitive]
    states = [wire.read(getattr(request, field)) or {} for field in _STATES if hasattr(request, field)]
    found = [state.get(name) for state in states for name in sensitive]
    values = {value for value in found if isinstance(value, str) and value}
    for value in sorted(values, key=len, reverse=True):
        whole = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
        for message in messages:
            message.summary = whole.sub("(sensitive value)", message.summary)
            message.detail = whole.sub("(sensitive value)", message.detail)
    return messages


def _region_apart(import_id: str) -> tuple[str, dict[str, str]]:
    """An import's id, which can end in `@` and a region."""
    match = re.fullmatch(r"(.+)@([a-z]+(?:-[a-z]+)+-\d{1,2})", import_id)
    return (match[1], {"region": match[2]}) if match else (import_id, {})
