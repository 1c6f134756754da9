"""What can be read and saved again is saved only over the version that was read."""

from typing import Any

import httpx

from tests.house.source import shipped_description

# One's own page: nobody else edits it.
OWN = {"/api/user/profile", "/api/user/settings", "/api/notifications/preferences"}
DNC = {
    "customerName": "Asha",
    "customerPhone": "9876543210",
    "dncType": "phone",
    "dncSource": "customer",
    "reason": "x",
}
SMS = {
    "name": "Twilio",
    "channel": "sms",
    "type": "twilio",
    "config": {"accountSid": "AC" + "0" * 32, "authToken": "real", "fromNumber": "+918045670000"},
}


def test_every_page_that_is_saved_again_asks_for_its_version() -> None:
    paths: dict[str, dict[str, Any]] = shipped_description()["paths"]
    without = {
        path
        for path, operations in paths.items()
        if {"get", "put"} <= operations.keys()
        and "if-match" not in {each.get("name") for each in operations["put"].get("parameters", ())}
    }
    assert without == OWN


async def _twice(admin: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    seen = await admin.get(path)
    saved = await admin.put(path, json=body, headers={"If-Match": seen.headers["etag"]})
    assert saved.status_code == 200, saved.text
    late = await admin.put(path, json=body, headers={"If-Match": seen.headers["etag"]})
    assert (late.status_code, late.json()["error"]["code"]) == (412, "changed_meanwhile"), path
    again = (await admin.get(path)).headers["etag"]
    assert (await admin.put(path, json=body, headers={"If-Match": again})).status_code == 200, path


async def test_the_second_of_two_who_save_is_told(as_admin: httpx.AsyncClient) -> None:
    entry = (await as_admin.post("/api/dnc", json=DNC)).json()["data"]["dncId"]
    account = (await as_admin.post("/api/providers", json=SMS)).json()["data"]["id"]
    await _twice(as_admin, f"/api/dnc/{entry}", {**DNC, "reason": "Asked again"})
    await _twice(as_admin, f"/api/providers/{account}", {**SMS, "name": "Twilio India"})
    await _twice(as_admin, "/api/settings/campaigns", {"promotionalFrom": "11:00"})
    await _twice(as_admin, "/api/settings/campaigns", {"promotionalFrom": "12:00"})
