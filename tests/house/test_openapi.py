"""`docs/openapi.json` says what the routes say: a change of the API is seen in review."""

from py360.entrypoints.openapi import description
from tests.house.source import CHECKOUT


def test_the_description_is_current() -> None:
    shipped = CHECKOUT / "docs" / "openapi.json"
    assert shipped.read_text() == description(), "the API changed; when that is meant: make openapi"
