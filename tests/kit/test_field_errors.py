"""Refusals in words an officer can act on."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, EmailStr, Field, ValidationError

from py360.kit import field_errors


class Form(BaseModel):
    """One field of each kind."""

    name: Annotated[str, Field(min_length=1, max_length=3)] = "x"
    amount: Annotated[Decimal, Field(gt=0, max_digits=5, decimal_places=2)] = Decimal(1)
    count: Annotated[int, Field(ge=1, le=100)] = 1
    fives: Annotated[int, Field(multiple_of=5)] = 5
    day: date = date.min
    at: datetime | None = None
    kind: Literal["a", "b"] = "a"
    yes: bool = True
    many: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    needed: str
    aware: AwareDatetime | None = None
    email: EmailStr | None = None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": ""}, "may not be empty"),
        ({"name": "long"}, "may have at most 3 characters"),
        ({"name": 1}, "must be text"),
        ({"amount": 0}, "must be more than 0"),
        ({"amount": "1.234"}, "may have at most 2 digits behind the point"),
        ({"amount": "12345.67"}, "may have at most 5 digits"),
        ({"amount": "lots"}, "must be a number"),
        ({"count": 0}, "must be 1 or more"),
        ({"count": 101}, "must be 100 or less"),
        ({"count": "x"}, "must be a whole number"),
        ({"count": 1.5}, "must be a whole number"),
        ({"fives": 33}, "must go in steps of 5, such as 20 or 25"),
        ({"day": "31/12/2026"}, "must be a date such as 2026-12-31"),
        ({"at": "soon"}, "must be a moment such as 2026-12-31T18:00:00Z"),
        ({"kind": "c"}, "must be 'a' or 'b'"),
        ({"yes": "perhaps"}, "must be yes or no (true, false)"),
        ({"many": []}, "may not be empty"),
        ({"many": [1, 2, 3]}, "may have at most 2 entries"),
        ({"needed": None}, "must be text"),
        ({"aware": "2026-12-31T18:00:00"}, "must say its time zone, as in 2026-12-31T18:00:00+05:30"),
        ({"email": "asha"}, "must be an e-mail address such as name@example.com"),
        ({"email": "asha@office.test"}, "must be an e-mail address such as name@example.com"),
    ],
)
def test_each_kind_of_mistake(sent: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate({"needed": "x", **sent})
    [error] = refused.value.errors()
    assert field_errors.words(error) == said


async def test_the_sentence_names_the_fields(as_admin: Any) -> None:
    answer = await as_admin.post("/api/users", json={"email": "ravi", "name": "", "status": "gone", "phone": "1" * 30})
    error = answer.json()["error"]
    assert answer.status_code == 422
    assert error["message"].startswith("Some fields are missing or wrong: name may not be empty; ")
    assert error["message"].endswith("; and 1 more.")
    assert {each["field"] for each in error["details"]} == {"email", "name", "status", "phone"}


async def test_a_field_that_may_be_of_several_kinds_is_named_once(as_admin: Any) -> None:
    body = {"name": "May", "type": ["fax"], "templates": {"fax": 1}, "targetAudience": "everybody", "uploadId": [1]}
    answer = await as_admin.post("/api/campaigns", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"] == [
        {"field": "type.0", "message": "must be 'email', 'sms' or 'whatsapp'"},
        {"field": "uploadId", "message": "must be text or must be a whole number"},
        {"field": "templates.fax", "message": "must be 'email', 'sms' or 'whatsapp'"},
        {"field": "targetAudience", "message": "must be 'all', 'pending' or 'expired' or must be an object"},
    ]
    for broken in (b"[]", b'"x"', b"{"):
        answer = await as_admin.post("/api/campaigns", content=broken, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
