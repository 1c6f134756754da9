"""Mailboxes that sign in by OAuth 2.0 (XOAUTH2): tokens are renewed at a token endpoint, and checked by a real Dovecot."""

from datetime import timedelta

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.modules.inbox.sync import pull
from py360.sandbox.oauth import Tokens
from tests.factories.mail_server import MailServer, letter
from tests.modules.conftest import AsRole
from tests.modules.inbox.conftest import Desk


def with_token(server: MailServer, email: str, refresh: str = "refresh", vendor: str = "google") -> dict[str, object]:
    """The form of a mailbox with a refresh token."""
    account = server.account(email, refreshToken=f"{refresh}:{email}", oauthClientId="app-1", oauthClientSecret="s")
    del account["password"]
    return account | {"tokenUrl": f"http://127.0.0.1:{server.dovecot.token_port}/oauth/{vendor}/token"}


@pytest.mark.parametrize("vendor", ["google", "microsoft"])
async def test_tokens_are_renewed_before_they_end_and_when_they_are_revoked(
    mail_server: MailServer,
    tokens: Tokens,
    as_admin: httpx.AsyncClient,
    as_role: AsRole,
    clock: FixedClock,
    vendor: str,
) -> None:
    email = f"{vendor}@office.example"
    made = await as_admin.post("/api/email-accounts", json=with_token(mail_server, email, vendor=vendor))
    assert made.status_code == 201, made.text
    number = made.json()["data"]["id"]
    tested = (await as_admin.post(f"/api/email-accounts/{number}/test")).json()["data"]
    assert tested["success"], tested
    await mail_server.send(letter("asha@customer.example", email, "Renewal", "Please"))
    for _ in range(2):
        done = await pull.sync(number)
        assert done is not None
        assert done.error is None
    assert tokens.renewed == 1
    clock.moment += timedelta(minutes=56)  # it would end within five minutes
    assert (await pull.sync(number)) is not None
    assert tokens.renewed == 2
    admin = await as_role("admin")  # the other session has ended meanwhile
    tokens.revoke()  # before its time: by the person, or at the vendor
    (mail,) = (await admin.get("/api/emails")).json()["data"]["emails"]
    done = await pull.sync(number)
    assert done is not None
    assert done.error is None
    assert tokens.renewed == 3
    answer = await admin.post(f"/api/emails/{mail['id']}/reply", json={"replyText": "It is renewed."})
    assert answer.json()["data"]["status"] == "sent", answer.text
    shown = (await admin.get(f"/api/email-accounts/{number}")).json()["data"]
    assert "refresh" not in str({**shown, "tokenUrl": None})
    kept = await admin.put(f"/api/email-accounts/{number}", json=shown)
    assert kept.status_code == 200, kept.text
    assert (await admin.post(f"/api/email-accounts/{number}/test")).json()["data"]["success"]


@pytest.mark.parametrize(
    ("refresh", "why"), [("revoked", "connect the mailbox again"), ("busy", "could not be renewed")]
)
async def test_a_revoked_sign_in_is_reported_on_the_account_and_others_go_on(
    desk: Desk, tokens: Tokens, refresh: str, why: str
) -> None:
    account = with_token(desk.server, f"{refresh}@office.example", refresh)
    number = (await desk.admin.post("/api/email-accounts", json=account)).json()["data"]["id"]
    done = await pull.sync(number)
    assert done is not None
    assert why in str(done.error)
    shown = (await desk.admin.get(f"/api/email-accounts/{number}")).json()["data"]
    assert (shown["status"], why in shown["statusReason"]) == ("error", True)
    await desk.server.send(letter("asha@customer.example", desk.email, "Goes on", "Text"))
    assert (await desk.sync()).added == 1


async def test_odd_forms_of_a_mailbox_are_refused_by_field(
    mail_server: MailServer, as_admin: httpx.AsyncClient
) -> None:
    base = mail_server.account("odd@office.example")
    for change, word in (
        ({"password": None}, "either a password"),
        ({"accessToken": "t"}, "either a password"),
        ({"password": None, "refreshToken": "r"}, "oauthClientId"),
        ({"tokenUrl": "nowhere"}, "web address"),
    ):
        refused = await as_admin.post("/api/email-accounts", json=base | change)
        assert refused.status_code == 422, (change, refused.text)
        assert word in refused.text, refused.text
