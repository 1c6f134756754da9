"""Mailboxes whose owner signs in at Google or Microsoft in the browser: authorization code flow with PKCE, at the sandbox's page."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from py360.modules.inbox.sync import pull
from py360.sandbox import pages
from py360.sandbox.oauth import Tokens
from tests.factories.mail_server import MailServer, letter
from tests.modules.conftest import AsRole


def form(server: MailServer, email: str, vendor: str = "google") -> dict[str, object]:
    """What a person types: no password, and here the sandbox's addresses in place of the vendor's."""
    account = server.account(email, provider="gmail" if vendor == "google" else "outlook")
    del account["password"]
    base = f"http://127.0.0.1:{server.dovecot.token_port}/oauth/{vendor}"
    return account | {
        "oauthClientId": "app-1", "oauthClientSecret": "s", "tokenUrl": f"{base}/token", "authorizationUrl": f"{base}/authorize",
    }  # fmt: skip


async def begun(admin: httpx.AsyncClient, body: dict[str, object], path: str = "authorize") -> str:
    """The vendor's page, as the API gives it."""
    answer = await admin.post(f"/api/email-accounts/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()["data"]
    assert found["redirectUri"].endswith("/console/mailboxes/consent")
    return str(found["authorizationUrl"])


async def chosen(page: str, choice: str = "allow") -> dict[str, str]:
    """What the browser brings back, after its owner chose on the vendor's page."""
    async with httpx.AsyncClient() as browser:
        shown = await browser.get(page)
        assert shown.status_code == 200, shown.text
        (asked,) = pages.read(shown.text, page).forms
        back = await browser.post(asked.action, data={**asked.fields, "choice": choice})
    assert back.status_code == 302
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


async def finished(admin: httpx.AsyncClient, given: dict[str, str]) -> httpx.Response:
    """The answer to what the browser brought back."""
    return await admin.post("/api/email-accounts/authorize/finish", json=given)


@pytest.mark.parametrize("vendor", ["google", "microsoft"])
async def test_mailbox_is_connected_by_its_owners_consent_and_works(
    mail_server: MailServer, tokens: Tokens, as_admin: httpx.AsyncClient, vendor: str
) -> None:
    email = f"consent-{vendor}@office.example"
    page = await begun(as_admin, form(mail_server, email, vendor))
    asked = parse_qs(urlsplit(page).query)
    assert (asked["response_type"], asked["code_challenge_method"], asked["login_hint"]) == (
        ["code"],
        ["S256"],
        [email],
    )
    assert "code_verifier" not in asked
    done = await finished(as_admin, await chosen(page))
    assert done.status_code == 200, done.text
    number = done.json()["data"]["id"]
    tested = (await as_admin.post(f"/api/email-accounts/{number}/test")).json()["data"]
    assert tested["success"], tested
    await mail_server.send(letter("asha@customer.example", email, "Renewal", "Please"))
    synced = await pull.sync(number)
    assert synced is not None
    assert (synced.error, synced.added) == (None, 1)
    again = await finished(as_admin, await chosen(page))
    assert (again.status_code, again.json()["error"]["code"]) == (409, "consent_unknown")


async def test_revoked_mailbox_is_connected_again_with_what_is_saved(
    mail_server: MailServer, tokens: Tokens, as_admin: httpx.AsyncClient
) -> None:
    email = "again@office.example"
    body = form(mail_server, email)
    page_address = body.pop("authorizationUrl")
    revoked = await as_admin.post(
        "/api/email-accounts", json=body | {"refreshToken": f"revoked:{email}", "signature": "Desk"}
    )
    assert revoked.status_code == 201, revoked.text
    number = revoked.json()["data"]["id"]
    assert not (await as_admin.post(f"/api/email-accounts/{number}/test")).json()["data"]["success"]
    page = await begun(as_admin, {"authorizationUrl": page_address}, f"{number}/authorize")
    assert parse_qs(urlsplit(page).query)["client_id"] == ["app-1"]
    done = await finished(as_admin, await chosen(page))
    assert (done.status_code, done.json()["data"]["id"]) == (200, number)
    assert (await as_admin.post(f"/api/email-accounts/{number}/test")).json()["data"]["success"]
    shown = (await as_admin.get(f"/api/email-accounts/{number}")).json()["data"]
    assert (shown["signature"], shown["status"], shown["imapPort"]) == ("Desk", "active", mail_server.dovecot.port)


async def test_what_was_not_begun_here_is_refused(
    mail_server: MailServer, tokens: Tokens, as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    given = await chosen(await begun(as_admin, form(mail_server, "state@office.example")))
    unknown = await finished(as_admin, given | {"state": "x" * 43})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (409, "consent_unknown")
    stranger = await as_role("admin")
    other = await finished(stranger, given)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "consent_unknown")
    used = await finished(as_admin, given)
    assert used.status_code == 409, "a state that somebody else tried is used up"
    assert (await as_admin.get("/api/email-accounts")).json()["data"]["accounts"] == []


async def test_owner_who_declines_and_a_code_that_is_not_ours_connect_nothing(
    mail_server: MailServer, tokens: Tokens, as_admin: httpx.AsyncClient
) -> None:
    declined = await finished(
        as_admin, await chosen(await begun(as_admin, form(mail_server, "no@office.example")), "deny")
    )
    assert (declined.status_code, declined.json()["error"]["code"]) == (409, "consent_refused")
    assert "access_denied" in declined.json()["error"]["message"]
    mine = await chosen(await begun(as_admin, form(mail_server, "mine@office.example")))
    other = await chosen(await begun(as_admin, form(mail_server, "other@office.example")))
    stolen = await finished(as_admin, {"state": mine["state"], "code": other["code"]})
    assert stolen.status_code == 409, "the code belongs to another verifier (PKCE)"
    assert "invalid_grant" in stolen.json()["error"]["message"]
    assert (await as_admin.get("/api/email-accounts")).json()["data"]["accounts"] == []


async def test_forms_that_lead_nowhere_are_refused_by_field(
    mail_server: MailServer, as_admin: httpx.AsyncClient
) -> None:
    base = form(mail_server, "odd@office.example")
    for change, field in (
        ({"provider": "custom"}, "provider"),
        ({"oauthClientId": None}, "oauthClientId"),
        ({"authorizationUrl": "nowhere"}, "authorizationUrl"),
        ({"tokenUrl": "ftp://x.example"}, "tokenUrl"),
        ({"teamId": 999}, "teamId"),
    ):
        refused = await as_admin.post("/api/email-accounts/authorize", json=base | change)
        assert refused.status_code == 422, (change, refused.text)
        assert refused.json()["error"]["details"][0]["field"] == field
    made = await as_admin.post("/api/email-accounts", json=mail_server.account("plain@office.example"))
    other = await as_admin.post(f"/api/email-accounts/{made.json()['data']['id']}/authorize", json={})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "no_consent_page")
