"""The texts of a campaign's messages, as a case's page renders them afterwards."""

import re
from datetime import timedelta
from email.message import Message

import httpx

from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.cases import api as cases
from tests.conftest import RunJobs
from tests.factories.campaigns import Relay, Upload, create, template

CONTENT = (
    "<p>Dear {name}, {policy_number} runs on {date} from {start_date} to {expiry_date}. Pay {amount}:"
    " <a href='{payment_link}'>Renew</a> <a href='{unsubscribe_link}'>stop</a></p>"
)


def text_of(mail: Message) -> str:
    """The text that the customer got, with names in place of their own links."""
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = content.decode().replace("\r\n", "\n").strip()
    return re.sub(
        r"stop <[^>]*>", "stop <[Unsubscribe Link]>", re.sub(r"Renew <[^>]*>", "Renew <[Payment Link]>", text)
    )


async def test_case_shows_the_text_that_its_customer_got(
    as_admin: httpx.AsyncClient,
    upload: Upload,
    relay: Relay,
    run_jobs: RunJobs,
    resources: Resources,
    clock: FixedClock,
) -> None:
    """Also once the template has changed and the policy is in its next term."""
    which = await template(as_admin, content=CONTENT)
    code = await upload(2)
    for _ in range(2):
        assert (await create(as_admin, code, templates={"email": which})).status_code == 201
        clock.moment -= timedelta(days=3)
        await run_jobs()
        clock.moment += timedelta(days=3)
    first = await resources.reads.fetch_only(int, "select min(id) from renewal_cases")
    got = [text_of(mail) for mail in relay.taken if mail["To"] == "asha1@example.com"]
    assert len(got) == 2 and "Dear Asha Sharma 1, POL-00001 runs on" in got[0] and "Pay ₹12,500" in got[0]

    async def shown(query: str = "") -> list[dict[str, object]]:
        answer = await as_admin.get(f"/api/cases/CASE-{first}/communications{query}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["data"]["communications"]
        return found

    listed = await shown()
    assert [str(each["content"]).strip() for each in listed] == got
    assert [(each["subject"], each["contentRerendered"]) for each in listed] == [("Policy POL-00001", True)] * 2
    changed = {"subject": "Other", "content": "<p>Other <a href='{unsubscribe_link}'>stop</a></p>"}
    assert (await as_admin.put(f"/api/templates/{which}", json=changed)).status_code == 200
    async with unit_of_work() as session:
        await cases.settle(session, [cases.Paid(first, "UPI", resources.clock.now(), "pay_1")])
    listed = await shown("?search=Dear")
    assert [str(each["content"]).strip() for each in listed] == got
    assert await shown("?search=Other") == []
    file = await as_admin.get(f"/api/cases/CASE-{first}/communications?format=csv")
    assert "Dear Asha Sharma 1" in file.text
