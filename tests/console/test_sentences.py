"""What the API says is said in the language of the page that asked."""

import re

import orjson
import pytest

from py360.console import sentences
from py360.kit.pages import LANGUAGES
from tests.console.conftest import BrowserOf

HINDI = LANGUAGES["hi"]
VALUE = re.compile(r"%\((\w+)\)s")


def said(message: str, details: list[str]) -> dict[str, object]:
    """A refusal after it was translated."""
    error = {"code": "invalid", "message": message, "details": [{"field": "a", "message": each} for each in details]}
    answer: dict[str, object] = orjson.loads(sentences.translate(HINDI, orjson.dumps({"error": error})))
    return answer


def test_translations_have_the_values_of_their_sentences() -> None:
    text = sentences.CATALOGUES.text(HINDI)
    for english in sentences.CATALOGUES.texts(HINDI):
        assert set(VALUE.findall(text(english))) <= set(VALUE.findall(english)), english


def test_refusal_keeps_its_values_and_its_fields() -> None:
    answer = said("Some fields are missing or wrong: amount must be more than 5; name is missing.", ["is missing"])
    error = answer["error"]
    assert isinstance(error, dict)
    assert error["message"] == "कुछ जानकारी अधूरी या ग़लत है। amount: 5 से अधिक होना चाहिए; name: भरना ज़रूरी है"
    assert error["details"] == [{"field": "a", "message": "भरना ज़रूरी है"}]
    assert said("“x” is saved.", [])["error"] == {"code": "invalid", "message": "“x” सहेजा गया।", "details": []}


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b'{"error": "text"}', b'{"data": {"message": 5}}'])
def test_what_is_no_sentence_passes_as_it_is(body: bytes) -> None:
    assert sentences.translate(HINDI, body) in (
        body,
        orjson.dumps(orjson.loads(body)) if body[:1] in (b"[", b"{") else body,
    )


async def test_page_in_hindi_is_answered_in_hindi(browser_of: BrowserOf) -> None:
    admin = await browser_of("admin")
    english = await admin.ask("PUT", "/user/lists/cases/views", json={"name": "Mine"})
    assert english.json()["data"]["message"] == "The view “Mine” is saved."
    await admin.get("/console/profile", params={"lang": "hi"})
    hindi = await admin.ask("PUT", "/user/lists/cases/views", json={"name": ""})
    assert hindi.status_code == 422
    assert hindi.json()["error"]["details"] == [{"field": "name", "message": "खाली नहीं हो सकता"}]
    assert int(hindi.headers["content-length"]) == len(hindi.content)
