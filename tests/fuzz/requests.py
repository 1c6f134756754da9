"""Requests made from the API's description, each with one thing wrong: a value, the body, its type, a header, the path."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from tests.fuzz.texts import BODIES, FILES, HEADERS, TEXTS, TYPES, VALUES

_DEEPEST: Final = 6
_LINE: Final = 12_000  # characters of a request line; beyond it the server refuses before we are asked


@dataclass(frozen=True, slots=True)
class OddRequest:
    """One request, as bytes on the wire would have it."""

    method: str
    target: str
    headers: Sequence[tuple[str, bytes]] = ()
    body: bytes = b""


@dataclass(slots=True)
class Maker:
    """Makes odd requests of operations. `known` has ids that exist, by the name of the path parameter; the same `random` makes the
    same requests."""

    description: Mapping[str, Any]
    known: Mapping[str, Sequence[str]]
    random: random.Random
    _operations: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._operations = [
            (method, path, operation)
            for path, methods in self.description["paths"].items()
            for method, operation in methods.items()
        ]

    def each(self, times: int, but: Sequence[str] = ()) -> Iterator[OddRequest]:
        """So many requests of each operation, but those whose path is named."""
        for method, path, operation in self._operations:
            if path not in but:
                for _ in range(times):
                    yield self.make(method, path, operation)

    def make(self, method: str, path: str, operation: Mapping[str, Any]) -> OddRequest:
        """One request of an operation; as the description says, but for one thing, or several."""
        parameters = [self._resolved(each) for each in operation.get("parameters", ())]
        body = self._body(operation)
        query = {
            each["name"]: self._text(self._example(each["schema"]))
            for each in parameters
            if each["in"] == "query" and self.random.random() < 0.3
        }
        names = [each["name"] for each in parameters if each["in"] == "path"]
        values = {name: self.random.choice(self.known.get(name) or ["1"]) for name in names}
        headers: list[tuple[str, bytes]] = [("Content-Type", b"application/json")] if body is not None else []
        raw = b"" if body is None else _json(body)
        if body is None and (form := self._form(operation)):
            kind, raw = form
            headers = [("Content-Type", kind.encode())]
        match self.random.choice(["query", "query", "path", "body", "body", "body", "raw", "type", "header", "none"]):
            case "query" if queries := [each["name"] for each in parameters if each["in"] == "query"]:
                query[self.random.choice(queries)] = self.random.choice(TEXTS)
            case "path" if names:
                values[self.random.choice(names)] = self.random.choice(TEXTS)
            case "body" if body:
                raw = _json(self._spoilt(body))
            case "raw" if method not in ("get", "head", "options"):
                raw = self.random.choice(BODIES)
                headers = [("Content-Type", self.random.choice(TYPES).encode())]
            case "type" if body is not None:
                headers = [("Content-Type", self.random.choice(TYPES).encode())]
            case "header":
                headers.append(self.random.choice(HEADERS))
        for name, value in values.items():
            path = path.replace("{" + name + "}", _quoted(value)[:_LINE])
        target = path + "".join(
            f"{'&' if number else '?'}{_quoted(name)}={_quoted(value)}"
            for number, (name, value) in enumerate(query.items())
        )
        return OddRequest(method.upper(), target[: 2 * _LINE], headers, raw)

    def _body(self, operation: Mapping[str, Any]) -> Any:
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else self._example(schema)

    def _form(self, operation: Mapping[str, Any]) -> tuple[str, bytes] | None:
        """A form that a route takes, with its content type: one field of five is odd, a file is any of `FILES`."""
        content = operation.get("requestBody", {}).get("content", {})
        kind = next((each for each in content if "form" in each), None)
        if kind is None:
            return None
        fields: dict[str, str] = {}
        files: dict[str, tuple[str, bytes]] = {}
        for name, schema in self._resolved(content[kind]["schema"])["properties"].items():
            inner = schema.get("items", schema)
            if "contentMediaType" in inner:
                files[name] = self.random.choice(FILES)
            elif self.random.random() < 0.9:
                odd = self.random.random() < 0.2
                fields[name] = self.random.choice(TEXTS) if odd else self._text(self._example(schema))
        encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
        if "multipart" not in kind:
            return kind, urlencode(encoded).encode()
        parts = [
            b'--xx\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
            for name, value in encoded.items()
        ]
        for name, (file_name, held) in files.items():
            head = f'--xx\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n\r\n'
            parts.append(head.encode("utf-8", "surrogatepass") + held + b"\r\n")
        return "multipart/form-data; boundary=xx", b"".join(parts) + b"--xx--\r\n"

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self.description
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _example(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """A value that a schema allows, more or less."""
        schema = self._resolved(schema)
        if depth > _DEEPEST:
            return None
        if options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return self._example(self.random.choice(options), depth)
        if "enum" in schema or "const" in schema:
            return self.random.choice(schema.get("enum") or [schema.get("const")])
        if schema.get("examples"):
            return self.random.choice(schema["examples"])
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                return {
                    name: self._example(each, depth + 1)
                    for name, each in schema.get("properties", {}).items()
                    if name in required or self.random.random() < 0.6
                }
            case "array":
                return [self._example(schema.get("items", {}), depth + 1) for _ in range(self.random.randint(0, 2))]
            case "integer" | "number":
                return self.random.choice([schema.get("minimum", 0), schema.get("maximum", 1), 1, 20])
            case "boolean":
                return self.random.random() < 0.5
            case "null":
                return None
            case _:
                return self._plain_text(schema)

    def _plain_text(self, schema: Mapping[str, Any]) -> str:
        likely = {"date": "2026-12-19", "date-time": "2026-12-19T10:00:00Z", "email": "asha@example.com"}
        ids = self.random.choice(sorted(self.known)) if self.known else ""
        return likely.get(schema.get("format", "")) or self.random.choice(
            ["Asha", "+919876543210", "asha@example.com", "2026-12-19", "10.50", *self.known.get(ids, ())]
        )

    def _spoilt(self, body: Any) -> Any:
        """A body with one of its values, at any depth, replaced."""
        if isinstance(body, dict) and body and self.random.random() < 0.9:
            name = self.random.choice(list(body))
            return {**body, name: self._spoilt(body[name])}
        if isinstance(body, list) and body and self.random.random() < 0.7:
            place = self.random.randrange(len(body))
            return [*body[:place], self._spoilt(body[place]), *body[place + 1 :]]
        return self.random.choice(TEXTS if self.random.random() < 0.6 else VALUES)

    @staticmethod
    def _text(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _quoted(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")
