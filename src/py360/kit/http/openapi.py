"""The description of the API, as it is: errors in the envelope they are sent in, files as files, what every address takes.

FastAPI describes what a route declares. What holds for all routes alike is added here, from the same declarations.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from py360.kit.export import MEDIA
from py360.kit.http.answers import JSON, Failure
from py360.kit.http.body import in_words
from py360.kit.http.routes import Route

Described = dict[str, Any]  # a part of an OpenAPI document, whose form is the OpenAPI specification's

ERRORS: Final = {
    400: ("BadRequest", "The body could not be read."),
    401: ("Unauthenticated", "There is no valid access token. Sign in, or refresh the token."),
    403: ("Forbidden", "The caller's role does not allow this."),
    404: ("NotFound", "There is no such record, or it is not within the caller's reach."),
    409: (
        "Conflict",
        "This does not fit the present state of the record; or a request with this Idempotency-Key runs.",
    ),
    412: ("ChangedMeanwhile", "The record is no longer the version that If-Match names. Load it again."),
    413: ("TooLarge", "The body is larger than this address takes."),
    422: ("Invalid", "Some fields are missing or wrong: `details` says which."),
    429: ("TooMany", "Too many requests: Retry-After says when to come back."),
    503: ("Unavailable", "The database or another part is away. Try again after Retry-After."),
}
_CLIENT: Final = {
    "name": "clientId",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "maxLength": 50},
    "description": "For callers of several clients: be about this one only (number or code)",
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "A text of your own: the same request with the same key is done once within 24 hours",
}
_BINARY: Final = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}


def describe(app: FastAPI) -> None:
    """Make this the application's description."""

    def description() -> Described:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(app)
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]  # FastAPI's documented way


def _completed(app: FastAPI) -> Described:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    for route, path in _routes(app):
        for method in route.methods or ():
            if operation := document["paths"].get(path, {}).get(method.lower()):
                _complete(operation, route, method)
    components = document["components"]
    for left in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(left, None)
    failure = Failure.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= {**failure.pop("$defs"), "Failure": failure}
    components["parameters"] = {"ClientId": _CLIENT, "IdempotencyKey": _KEY}
    content = {JSON: {"schema": {"$ref": "#/components/schemas/Failure"}}}
    components["responses"] = {name: {"description": text, "content": content} for name, text in ERRORS.values()}
    return document


def _routes(app: FastAPI) -> Iterator[tuple[Route, str]]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Route) and context.path_format:
            yield context.original_route, context.path_format


def _complete(operation: Described, route: Route, method: str) -> None:
    responses, parameters = operation["responses"], operation.setdefault("parameters", [])
    names = {parameter["name"] for parameter in parameters}
    if route.guards:
        parameters.append({"$ref": "#/components/parameters/ClientId"})
    if method == "POST":
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if not parameters:
        del operation["parameters"]
    if "format" in names and method == "GET":
        success = responses["200"]
        success["description"] = "The page; with `format` the whole list as a file (json: a bare array of its rows)"
        success["content"] |= {media.partition(";")[0]: _BINARY for end, media in MEDIA.items() if end != "json"}
    if route.body_field:
        limit = in_words(route.body_limit)
        operation["requestBody"].setdefault("description", f"At most {limit}")
    for status in sorted(_errors(route, method, names)):
        responses[str(status)] = {"$ref": f"#/components/responses/{ERRORS[status][0]}"}


def _errors(route: Route, method: str, names: set[str]) -> set[int]:
    """What a route may answer besides what it declares."""
    found = {503}
    if route.guards:
        found |= {401, 403, 404, 422, 429}
    if names:
        found.add(422)
    if route.dependant.path_params:
        found.add(404)
    if route.body_field:
        found |= {400, 413, 422}
    if method not in ("GET", "HEAD", "OPTIONS"):
        found |= {409, 413, 429}
    if "if-match" in {name.lower() for name in names}:
        found.add(412)
    return found
