"""What the API says is said in the language of the page that asked."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import orjson
import pytest

from py360.console import sentences
from py360.kit.pages import LANGUAGES
from py360.modules.customers.api import Needs
from py360.modules.recommendations.propensity.features import FEATURES
from py360.modules.recommendations.rules import Activity, insight, risk, suggestions
from tests.console.conftest import BrowserOf

HINDI = LANGUAGES["hi"]
VALUE = re.compile(r"%\((\w+)\)s")
# A customer of whom the rules have something to say on every point.
NEEDS = Needs(
    customer_id=1, client_id=1, customer_code="CUST-1", customer_name="Asha Rao", income=Decimal(8_00_000), age=35, dependents=2,
    vehicles=0, vehicle_value=Decimal(5_00_000), owns_residence=True, built_up_area=900, area_rating="low",
    illnesses=frozenset({"diabetes"}), category="medium", horizon="short_term", driving_record="speeding", health="minor",
    lifestyle="sedentary", previous_claims=2, avoided=(), max_budget=None, held=(), held_since=None, own_policies=1,
    available_capacity=None,
)  # fmt: skip


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


def test_reasons_of_predictions_and_recommendations_are_all_there_in_hindi() -> None:
    translate = sentences.translator("hi")
    values = {
        "payments_per_year": (1.0, 2.0, 4.0, 12.0, 7.0),
        "line": ("motor",),
        "channel": ("Online",),
        "city": ("Pune",),
    }
    english = [
        feature.sentence(value)
        for feature in FEATURES
        for value in (*values.get(feature.name, (-0.083, 0.0, 1.0, 6.0, 12_500.0)), None)
    ]
    rich = replace(NEEDS, income=Decimal(20_00_000), vehicles=2, illnesses=frozenset({"diabetes", "hypertension"}))
    safe = replace(NEEDS, vehicles=1, category="safe", horizon="long_term", avoided=("ULIP",))
    for needs in (rich, safe):
        found = suggestions(needs, 9)
        english += [text for each in found for text in (each.type, each.reason)]
        english += [each.reason for each in risk(needs).factors]
    for activity in (Activity(0, 0, 0, 0), Activity(3, 2, 4, 5)):
        for since in (None, date(2020, 1, 1)):
            needs = replace(NEEDS, held_since=since)
            english += insight(needs, activity, date(2026, 1, 1)).observations
    assert [each for each in english if translate(each) == each] == []
    assert translate("It is a motor policy") == "यह मोटर पॉलिसी है"


async def test_page_in_hindi_is_answered_in_hindi(browser_of: BrowserOf) -> None:
    admin = await browser_of("admin")
    english = await admin.ask("PUT", "/user/lists/cases/views", json={"name": "Mine"})
    assert english.json()["data"]["message"] == "The view “Mine” is saved."
    await admin.get("/console/profile", params={"lang": "hi"})
    hindi = await admin.ask("PUT", "/user/lists/cases/views", json={"name": ""})
    assert hindi.status_code == 422
    assert hindi.json()["error"]["details"] == [{"field": "name", "message": "खाली नहीं हो सकता"}]
    assert int(hindi.headers["content-length"]) == len(hindi.content)
