"""The description of the API is what the routes say, valid, and whole: a client can be generated from it."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from py360.entrypoints.openapi import description
from tests.house.source import CHECKOUT, shipped_description

METHODS = {"get", "put", "post", "patch", "delete", "head", "options"}


def test_the_description_is_current() -> None:
    shipped = CHECKOUT / "docs" / "openapi.json"
    assert shipped.read_text() == description(), "the API changed; when that is meant: make openapi"


@pytest.mark.slow
def test_description_is_valid_openapi() -> None:
    errors = OpenAPIV31SpecValidator(shipped_description()).iter_errors()
    assert [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors] == []


def test_errors_are_described_in_the_envelope_they_are_sent_in() -> None:
    for path, operations in shipped_description()["paths"].items():
        for method in METHODS & operations.keys():
            for status, response in operations[method]["responses"].items():
                if status >= "4":
                    assert response.keys() == {"$ref"}, (method, path, status)
    schemas = shipped_description()["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert set(schemas["Failure"]["required"]) == {"success", "error", "requestId"}


def test_every_answer_has_a_schema_or_is_a_file_or_nothing() -> None:
    """A client can be generated. Answers without a body are those of tus, webhooks and redirects."""
    without = [
        f"{method.upper()} {path}"
        for path, operations in shipped_description()["paths"].items()
        for method in METHODS & operations.keys()
        for status, response in operations[method]["responses"].items()
        if status.startswith("2") and response.get("content", {}).get("application/json", {}).get("schema") == {}
    ]
    assert without == [], "declare response_model=Answer[...View], responses=files(...) or a response_class"
