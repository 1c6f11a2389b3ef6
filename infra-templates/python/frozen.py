"""Lists and maps that cannot be changed: a cached value is handed to every caller, so that no caller may change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    _Dict = dict[str, Any]
else:
    _Dict = dict


class FrozenDict(_Dict):
    """A dictionary that raises `TypeError` where it would be changed. `dict(value)` makes a copy that can be changed."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the map of a payload cannot be changed; change a copy, and make a new payload of it")

    if not TYPE_CHECKING:
        __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __copy__(self) -> FrozenDict:
        return self

    def __deepcopy__(self, _: Any) -> FrozenDict:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


def frozen(value: Any) -> Any:
    """The same value of JSON with tuples for its lists, and with maps that cannot be changed."""
    if isinstance(value, (list, tuple)):
        return tuple([frozen(item) for item in value])
    if isinstance(value, dict) and not isinstance(value, FrozenDict):
        return FrozenDict({name: frozen(item) for name, item in value.items()})
    return value


def thawed(value: Any) -> Any:
    """A copy of a value of JSON with lists and dictionaries that can be changed."""
    if isinstance(value, (list, tuple)):
        return [thawed(item) for item in value]
    if isinstance(value, dict):
        return {name: thawed(item) for name, item in value.items()}
    return value
