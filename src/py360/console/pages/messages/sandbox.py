"""What would have left: every message and payment of the sandbox, as the customer sees it and may answer it.

The sandbox belongs to the installation, not to a client: only its administrators see it.
"""

import re
from typing import Annotated, Final, TypedDict

from fastapi import Body, Depends, Query, Request, Response

from py360.console import render, sandbox_client
from py360.console.api_client import ApiProblem
from py360.console.navigation import ADMINISTRATORS
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.errors import Forbidden
from py360.kit.http import ok

router = PageRouter()
_FILTERS: Final = frozenset({"channel", "recipient", "id"})
# A mail may show its pictures and its own style, and do nothing; its links open in a window of their own.
MAIL_POLICY: Final = (
    "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src *; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)


_VARIABLE: Final = re.compile(r"\{\{\s*(\w+)\b[^{}]*\}\}")


class Ledgered(TypedDict):
    """What our own ledger knows of a message in the sandbox."""

    caseId: str | None
    templateId: str | None


class Wording(TypedDict):
    """The text of a template."""

    content: str


class SandboxVisit(VisitWith):
    """The visit of an administrator of the installation."""

    async def __call__(self, request: Request) -> Visit:  # type: ignore[override]  # as in VisitWith
        """Let the caller in, or raise Forbidden."""
        visit = await super().__call__(request)
        if visit.caller is None or visit.caller.role not in ADMINISTRATORS:
            raise Forbidden("The sandbox is the installation's: only its administrators see it.")
        return visit


MessageId = Annotated[str, Query(alias="id", max_length=500)]
CanTry = Annotated[Visit, Depends(SandboxVisit("settings", query=_FILTERS))]


@router.get("/sandbox")
async def sandbox(visit: CanTry) -> Response:
    """The newest messages, and the chosen one as its customer sees it."""
    query = visit.query
    found = await sandbox_client.messages(query.get("channel", ""), query.get("recipient", ""))
    chosen = query.get("id") or (found[0]["id"] if found else "")
    message = await sandbox_client.message(chosen) if chosen else None
    case, text = await _as_customer_reads(visit, message) if message else (None, "")
    return visit.page(
        "sandbox/messages.html",
        messages=found,
        message=message,
        case=case,
        text=text,
        state=await sandbox_client.state(),
        tab="messages",
    )


async def _as_customer_reads(visit: Visit, message: sandbox_client.SandboxMessage) -> tuple[str | None, str]:
    """The case that a message is about, and its text. WhatsApp is given a template's name and values only, and fills in the
    text that it approved before; the sandbox knows none, so that it is filled in here."""
    body, reference = message["body"], message.get("reference", "")
    try:
        known = await visit.api.get(Ledgered, f"/communication/delivery-status/{reference}")
        if message["channel"] != "whatsapp" or not known["templateId"]:
            return known["caseId"], body
        template = await visit.api.get(Wording, f"/templates/{known['templateId']}")
    except ApiProblem:  # a message of an earlier installation on the same port, or of a template that was deleted
        return None, body
    return known["caseId"], _filled(template["content"], body.splitlines())


def _filled(content: str, values: list[str]) -> str:
    """A template's text with its values, which come in the order in which its variables first appear."""
    names = list(dict.fromkeys(_VARIABLE.findall(content)))
    if len(names) != len(values):
        return "\n".join(values)
    known = dict(zip(names, values, strict=True))
    return _VARIABLE.sub(lambda variable: known[variable[1]], content)


@router.get("/sandbox/payments")
async def payments(visit: CanTry) -> Response:
    """The payment links that customers were given, and what was paid."""
    found = await sandbox_client.payments()
    return visit.page(
        "sandbox/payments.html", links=found["payments"], state=await sandbox_client.state(), tab="payments"
    )


@router.get("/sandbox/mail")
async def mail(visit: CanTry, message_id: MessageId) -> Response:
    """An e-mail's HTML, as a mail program shows it: loading its picture counts as opening it."""
    message = await sandbox_client.message(message_id)
    html = f'<!doctype html><base target="_blank">{message["body"]}'
    headers = {"Content-Security-Policy": MAIL_POLICY, "Referrer-Policy": "no-referrer"}
    return Response(html, headers=headers, media_type="text/html; charset=utf-8")


@router.post("/sandbox/act")
async def act(
    visit: CanTry, message_id: MessageId, action: Annotated[str, Body(embed=True, max_length=20)]
) -> Response:
    """Have the customer do something with the message."""
    await sandbox_client.act(message_id, action)
    return ok(
        {"message": render.translated(visit.language, "Done, as the customer. The vendor reports it in a moment.")}
    )


@router.post("/sandbox/reply")
async def reply(
    visit: CanTry, message_id: MessageId, text: Annotated[str, Body(embed=True, max_length=1000)]
) -> Response:
    """Have the customer answer the message."""
    await sandbox_client.reply(await sandbox_client.message(message_id), text)
    return ok({"message": render.translated(visit.language, "The answer is on its way to the case.")})
