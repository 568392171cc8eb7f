"""Reading YAML that colleagues share: plain values, each key once, bounded in size and depth, no aliases, no tags.

Aliases make a file of 472 bytes stand for more than memory holds, and a merge key (`<<`) hides a key that stands twice.
A file that a person reads needs neither.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from models.lifecycle.errors import LifecycleError

MAX_BYTES = 300_000
"""Bytes of a file, ten times the catalogue: so many are read within three seconds, whatever they are."""
MAX_DEPTH = 20
"""Mappings and lists within one another; a lifecycle has four."""


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""That of libyaml where PyYAML was built with it: ten times as fast."""


class _PlainLoader(_Loader):  # type: ignore[misc, valid-type]
    """A key that stands twice is an error, where PyYAML lets the last win; so are merge keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _RefusedError("has a key that is a list or a mapping", key, "a key is a word")
            if key.tag == "tag:yaml.org,2002:merge":
                raise _RefusedError("has a merge key (<<)", key, "write the keys out")
            if key.value in seen:
                raise _RefusedError(f"has key {key.value!r:.80} twice", key, "a key may stand once in a mapping")
            seen.add(key.value)
            if key.tag == "tag:yaml.org,2002:bool":  # The language no would be read as false.
                key.tag = "tag:yaml.org,2002:str"
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


class _RefusedError(Exception):
    """YAML that is valid and not allowed."""

    def __init__(self, what: str, place: yaml.Event | yaml.Node, advice: str) -> None:
        line = place.start_mark.line + 1 if place.start_mark else 1
        super().__init__(f"{what} (line {line}); {advice}")


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        LifecycleError: if there is no such file, or it is a directory, too large, not text, not YAML, no mapping, or
            holds aliases, tags or merge keys.
    """
    try:
        text = _text(path)
        _refuse_what_is_not_plain(text)
        document = yaml.load(text, _PlainLoader)
    except FileNotFoundError:
        raise LifecycleError([f"{path}: there is no such file; give the path of a lifecycle file"]) from None
    except IsADirectoryError:
        raise LifecycleError([f"{path}: is a directory; give the path of a lifecycle file in it"]) from None
    except OSError as error:
        raise LifecycleError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise LifecycleError([f"{path}: is not text in UTF-8; save it as UTF-8"]) from None
    except _RefusedError as error:
        raise LifecycleError([f"{path}: {error}"]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise LifecycleError([f"{path}: {_yaml_problem(error)}"]) from None
    if not isinstance(document, dict):
        found = "empty" if document is None else f"a {type(document).__name__}"
        raise LifecycleError([f"{path}: is {found}; a lifecycle file is a mapping with name, conversion, phases"])
    return document


def _refuse_what_is_not_plain(text: str) -> None:
    """Look for aliases, tags and depth before anything is built: events come one by one, whatever they stand for."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _RefusedError("has an anchor or an alias (& or *)", event, "write the value out, or quote a text")
        if tag := getattr(event, "tag", None):
            raise _RefusedError(f"has a tag ({tag[:40]})", event, "write a plain value, or quote a text")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _RefusedError(
                "is nested too deeply", event, f"at most {MAX_DEPTH} lists and mappings within one another"
            )


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise LifecycleError([f"{path}: has more than {MAX_BYTES:,} bytes; a lifecycle file has a few thousand"])
    return content.decode("utf-8")


def _yaml_problem(error: Exception) -> str:
    """Word what PyYAML found; a number or a day that Python cannot read has no place."""
    mark = getattr(error, "problem_mark", None)
    place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    what = getattr(error, "problem", None) or str(error)
    return f"is not YAML{place}: {what[:200]}; quote a text that holds a colon or starts with a sign"
