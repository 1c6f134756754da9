"""The settings of a tab as a form takes them: what each is, its range or its choices, and what it means."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from py360.modules.settings.sections import Section, lawful_of, secrets_of
from py360.modules.settings.views import SettingField, SettingKind

LONG: Final = 1000  # characters; what may be longer is written on several lines
_TIME: Final = r"[0-5]\d$"  # how the pattern of a time of day ends
ALWAYS_ON: Final = "The law asks for it: it cannot be switched off"
Shape = Mapping[str, Any]  # a property of a JSON schema


def fields(section: type[Section]) -> list[SettingField]:
    """The fields of a tab in their order; those of a group under its name and a point: `businessHours.start`."""
    schema = section.model_json_schema(by_alias=True)
    found, lawful = (
        list(_fields(schema["properties"], schema.get("$defs", {}), "", secrets_of(section))),
        lawful_of(section),
    )
    for each in found:
        if each["name"] in lawful:
            each["description"] = ALWAYS_ON
    return found


def _fields(
    properties: Mapping[str, Shape], definitions: Mapping[str, Shape], within: str, secrets: frozenset[str]
) -> Iterator[SettingField]:
    for name, shape in properties.items():
        if group := shape.get("$ref"):
            inner = definitions[group.rpartition("/")[2]]["properties"]
            yield from _fields(inner, definitions, f"{within}{name}.", frozenset())
        else:
            yield _field(f"{within}{name}", shape, is_secret=name in secrets)


def _field(name: str, shape: Shape, *, is_secret: bool) -> SettingField:
    either = [each for each in shape.get("anyOf", []) if each.get("type") != "null"]
    kind = {**shape, **either[0]} if either else shape
    choices = kind.get("enum") or kind.get("items", {}).get("enum")
    return {
        "name": name,
        "kind": "secret" if is_secret else _kind(kind),
        "description": cast(str, kind.get("description", "")),  # JSON Schema: a text
        "choices": [str(each) for each in choices or ()],
        "minimum": kind.get("minimum"),
        "maximum": kind.get("maximum"),
        "isOptional": any(each.get("type") == "null" for each in shape.get("anyOf", ())),
    }


def _kind(shape: Shape) -> SettingKind:
    match shape.get("type"):
        case "boolean":
            return "boolean"
        case "array":
            return "list"
        case "integer" | "number" if "enum" not in shape:
            return "number"
    if "enum" in shape:
        return "choice"
    if shape.get("pattern", "").endswith(_TIME):
        return "time"
    return "long" if shape.get("maxLength", 0) > LONG else "text"
