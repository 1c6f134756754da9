"""Vendors' webhooks, signed as the vendor signs."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.messaging.delivery import ledger
from tests.factories.accounts import sandbox_account
from tests.factories.ledger import START

PAYLOADS = Path(__file__).parents[1] / "payloads"


def payload(name: str, **replaced: str) -> Any:
    """A captured request with the parts of this test put in."""
    text = (PAYLOADS / name).read_text(encoding="utf-8")
    for mark, value in replaced.items():
        text = text.replace(f"__{mark}__", value)
    return json.loads(text)


async def post_meta(client: httpx.AsyncClient, body: dict[str, Any], secret: str, path: str = "/api/webhooks/whatsapp"):
    raw = json.dumps(body).encode()
    mark = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return await client.post(
        path, content=raw, headers={"X-Hub-Signature-256": mark, "Content-Type": "application/json"}
    )


async def post_twilio(client: httpx.AsyncClient, form: dict[str, str], resources: Resources, query: str = ""):
    url = f"{resources.settings.public_url}/api/webhooks/sms/twilio{query}"
    text = url + "".join(name + form[name] for name in sorted(form))
    mark = base64.b64encode(
        hmac.new(resources.settings.sandbox_secret.encode(), text.encode(), hashlib.sha1).digest()
    ).decode()
    return await client.post(
        f"/api/webhooks/sms/twilio{query}",
        content=urlencode(form).encode(),
        headers={"X-Twilio-Signature": mark, "Content-Type": "application/x-www-form-urlencoded"},
    )


async def message(client_id: int, channel: str, contact: str, vendor_id: str | None = None) -> int:
    made = ledger.Entry(channel, "service", contact, "sending", None, None, None, None, None, None, None, None)
    account = await sandbox_account(channel, client_id)
    async with unit_of_work() as session:
        (number,) = await ledger.write(session, client_id, [made], channel, account, START)
        await ledger.apply(session, [ledger.News("sent", START, message_id=number, vendor_message_id=vendor_id)])
    return number
