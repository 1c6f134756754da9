"""Meta's WhatsApp Cloud API (Graph API).

Sources: developers.facebook.com/docs/whatsapp/cloud-api: reference/messages, webhooks/payload-examples,
support/error-codes, business-management-api/message-templates.
"""

import base64
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from py360.kit.wire import dumps
from py360.sandbox.courier import Courier
from py360.sandbox.journal import Message
from py360.sandbox.world import Refused, World

DISPLAY_NUMBER: Final = "918045671234"
BUSINESS_ACCOUNT: Final = "102290129340398"
WINDOW_SECONDS: Final = 86_400  # for free text after a customer's message
BATCH: Final = 100  # statuses in one webhook call
BATCH_AFTER: Final = 0.1  # seconds
ERRORS_PAGE: Final = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
_NUMBER: Final = re.compile(r"\+?[1-9]\d{7,14}")
_SLOT: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Meta:
    """The vendor's side of one business account: its templates, and the webhooks it owes."""

    def __init__(self, world: World, courier: Courier) -> None:
        self.world = world
        self.templates: dict[str, dict[str, Any]] = {}
        self._courier = courier
        self._owed: dict[str, list[dict[str, Any]]] = {}
        self._wrote_at: dict[tuple[str, str], float] = {}  # phone number id, customer: when they last wrote

    def sent(self, message: Message) -> None:
        """Status `sent`, which opens the conversation."""
        self._status(message, "sent")

    def delivered(self, message: Message) -> None:
        """Status `delivered`."""
        self._status(message, "delivered")

    def failed(self, message: Message) -> None:
        """Status `failed`: the number is not on WhatsApp."""
        problem = {
            "code": 131026,
            "title": "Message undeliverable",
            "message": "Message undeliverable",
            "error_data": {"details": "Message Undeliverable."},
            "href": ERRORS_PAGE,
        }
        self._status(message, "failed", errors=[problem])

    def deferred(self, message: Message) -> None:
        """WhatsApp says nothing while it waits for the phone."""

    def opened(self, message: Message) -> bool:
        """Status `read`."""
        self._status(message, "read")
        return True

    def stopped(self, message: Message) -> bool:
        """The customer writes STOP."""
        self.inbound(message.recipient, "STOP", message.sender, reply_to=message.id)
        return True

    def complained(self, message: Message) -> None:
        """Reports to WhatsApp stay with WhatsApp."""

    def inbound(
        self, sender: str, text: str, phone_number_id: str, *, reply_to: str | None = None, button: str | None = None
    ) -> str:
        """A customer's message, or their press of a quick-reply button; returns its wamid."""
        sender = sender.removeprefix("+")
        self._wrote_at[phone_number_id, sender] = self.world.now().timestamp()
        arrived: dict[str, Any] = {"from": sender, "id": wamid(sender), "timestamp": str(int(time.time()))}
        if reply_to:
            arrived["context"] = {"from": DISPLAY_NUMBER, "id": reply_to}
        if button is not None:
            arrived |= {"type": "button", "button": {"payload": button, "text": text}}
        else:
            arrived |= {"type": "text", "text": {"body": text}}
        contact = {"profile": {"name": "Sandbox customer"}, "wa_id": sender}
        self._post(phone_number_id, {"contacts": [contact], "messages": [arrived]})
        return str(arrived["id"])

    async def take(self, phone_number_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """A message to a customer, and the API's answer. Raises Refused."""
        to = str(wanted.get("to", ""))
        body = _text_of(self, wanted)
        if wanted.get("messaging_product") != "whatsapp" or body is None:
            raise _no(
                400, 100, "Invalid parameter", "Parameter 'messaging_product', 'type' or the message itself is wrong."
            )
        if not _NUMBER.fullmatch(to):
            raise _no(400, 131009, "Parameter value is not valid", "'to' is not a phone number.")
        if self.world.audience.refuses("whatsapp", to):
            raise _no(400, 131026, "Message undeliverable", "The recipient cannot receive WhatsApp messages.")
        number = to.removeprefix("+")
        if wanted.get("type", "text") != "template" and not self._is_window_open(phone_number_id, number):
            raise _no(
                400, 131047, "Re-engagement message", "More than 24 hours have passed since the customer last replied."
            )
        message = Message(wamid(number), "whatsapp", phone_number_id, f"+{number}", body, self.world.now())
        message.details = {"opaque": str(wanted.get("biz_opaque_callback_data") or "")}
        await self.world.audience.receive(message)
        contact = {"input": to, "wa_id": number}
        answer: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": message.id}],
        }
        if wanted.get("type") == "template":
            answer["messages"][0]["message_status"] = "accepted"
        return answer

    def _is_window_open(self, phone_number_id: str, customer: str) -> bool:
        """Whether free text is delivered: the customer wrote within the last 24 hours."""
        wrote_at = self._wrote_at.get((phone_number_id, customer))
        return wrote_at is not None and self.world.now().timestamp() - wrote_at < WINDOW_SECONDS

    def _status(self, message: Message, status: str, **more: Any) -> None:
        body: dict[str, Any] = {
            "id": message.id,
            "status": status,
            "timestamp": str(int(time.time())),
            "recipient_id": message.recipient.removeprefix("+"),
            **more,
        }
        if opaque := message.details.get("opaque"):
            body["biz_opaque_callback_data"] = opaque
        if status in ("sent", "delivered"):
            body["conversation"] = {"id": message.id[-32:], "origin": {"type": "utility"}}
            body["pricing"] = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"}
        owed = self._owed.setdefault(message.sender, [])
        owed.append(body)
        if len(owed) == 1:
            self.world.timeline.after(BATCH_AFTER, lambda: self._settle(message.sender))
        elif len(owed) >= BATCH:
            self._settle(message.sender)

    def forget(self) -> None:
        """Drop the statuses not sent yet; templates stay, as at Meta."""
        self._owed.clear()

    def _settle(self, phone_number_id: str) -> None:
        owed = self._owed.pop(phone_number_id, None)
        if owed:
            self._post(phone_number_id, {"statuses": owed})

    def _post(self, phone_number_id: str, value: dict[str, Any]) -> None:
        metadata = {"display_phone_number": DISPLAY_NUMBER, "phone_number_id": phone_number_id}
        value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        entry = {"id": BUSINESS_ACCOUNT, "changes": [{"value": value, "field": "messages"}]}
        body = dumps({"object": "whatsapp_business_account", "entry": [entry]})
        mark = hmac.digest(self.world.secret.encode(), body, "sha256").hex()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={mark}"}
        self._courier.post(f"{self.world.callback}/api/webhooks/whatsapp", body, headers)


def wamid(number: str) -> str:
    """A message id in WhatsApp's form."""
    return "wamid." + base64.b64encode(f"{number}:{secrets.token_hex(16)}".encode()).decode()


def _text_of(meta: Meta, request: dict[str, Any]) -> str | None:
    """What the customer reads; None when the message is malformed."""
    match {"type": "text", **request}:
        case {"type": "template", "template": {"name": str(name), "language": {"code": str()}, **rest}}:
            return _template_text(meta.templates.get(name), _components(rest))
        case {"type": "text", "text": {"body": str(body)}}:
            return body
        case {"type": "interactive", "interactive": {"body": {"text": str(body)}}}:
            return body
        case _:
            return None


def _components(template: Mapping[Any, Any]) -> list[dict[str, Any]]:
    given = template.get("components")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _template_text(template: dict[str, Any] | None, components: list[dict[str, Any]]) -> str:
    lines = []
    known = {(part.get("type") or "").lower(): part for part in (template or {}).get("components", [])}
    for component in components:
        kind = str(component.get("type", "")).lower()
        given = [str(one.get("text") or one.get("payload") or "") for one in component.get("parameters", [])]
        names = [one.get("parameter_name") for one in component.get("parameters", [])]
        pattern = str(known.get(kind, {}).get("text", ""))
        if kind == "button" and component.get("sub_type") == "url":
            buttons = known.get("buttons", {}).get("buttons", [])
            at = int(component.get("index", 0))
            pattern = str(buttons[at].get("url", "")) if at < len(buttons) else ""
        values = {str(name or at): value for at, (name, value) in enumerate(zip(names, given, strict=True), 1)}
        filled = _SLOT.sub(lambda slot, values=values: values.get(slot[1], ""), pattern)  # type: ignore[misc]  # bound for each round
        lines.append(filled or "\n".join(given))
    named = {str(component.get("type", "")).lower() for component in components}
    lines += [str(part["text"]) for kind, part in known.items() if "text" in part and kind not in named]
    return "\n".join(lines)


def _no(status: int, code: int, message: str, details: str = "") -> Refused:
    """Meta's refusal."""
    error: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    error["fbtrace_id"] = secrets.token_urlsafe(8)
    return Refused(Response(dumps({"error": error}), status, media_type="application/json"))


def routes(meta: Meta) -> APIRouter:
    """The Graph API paths."""
    world = meta.world
    token = f"Bearer {world.secret}".encode()

    async def guard(request: Request) -> None:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), token):
            raise _no(401, 190, "Invalid OAuth access token - Cannot parse access token")
        if world.audience.crowded:
            raise _no(429, 130429, "Rate limit hit", "Cloud API message throughput has been reached.")

    router = APIRouter(tags=["meta"], dependencies=[Depends(guard)])

    @router.post("/v{version}/{phone_number_id}/messages")
    async def send(version: str, phone_number_id: str, request: Request) -> Response:
        """Send a template, text or interactive message."""
        return Response(
            dumps(await meta.take(phone_number_id, await world.json(request))), media_type="application/json"
        )

    @router.get("/v{version}/{phone_number_id}")
    async def number(version: str, phone_number_id: str) -> Response:
        """The sender's number: what a connection test asks for."""
        body = {
            "id": phone_number_id,
            "display_phone_number": f"+{DISPLAY_NUMBER}",
            "verified_name": "Py360 Sandbox",
            "quality_rating": "GREEN",
        }
        return Response(dumps(body), media_type="application/json")

    @router.get("/v{version}/{account_id}/message_templates")
    async def templates(version: str, account_id: str) -> Response:
        """The account's templates."""
        return Response(dumps({"data": list(meta.templates.values()), "paging": {}}), media_type="application/json")

    @router.post("/v{version}/{account_id}/message_templates")
    async def create_template(version: str, account_id: str, request: Request) -> Response:
        """Submit a template; the sandbox approves at once."""
        wanted = await world.json(request)
        if not wanted.get("name") or not wanted.get("components"):
            raise _no(400, 100, "Invalid parameter", "A template needs a name and components.")
        made = {**wanted, "id": str(secrets.randbelow(10**15)), "status": "APPROVED"}
        meta.templates[str(wanted["name"])] = made
        body = {"id": made["id"], "status": "APPROVED", "category": wanted.get("category", "UTILITY")}
        return Response(dumps(body), media_type="application/json")

    return router
