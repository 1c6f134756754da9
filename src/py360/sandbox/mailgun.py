"""Mailgun's event webhooks: what became of the messages that the mail relay took.

Sources: documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads and .../securing-webhooks.
"""

import hmac
import secrets
from typing import Any

from py360.kit.wire import dumps
from py360.sandbox.courier import Courier
from py360.sandbox.journal import Message
from py360.sandbox.world import World


class Mailgun:
    """The relay's reports; opens, clicks and unsubscriptions happen on our own pages, not at the relay."""

    def __init__(self, world: World, courier: Courier) -> None:
        self.world = world
        self._courier = courier

    def sent(self, message: Message) -> None:
        """Nothing: the 250 of the relay has reported it."""

    def delivered(self, message: Message) -> None:
        """Event `delivered`."""
        self._event(message, "delivered", **_delivery(250, "OK"))

    def failed(self, message: Message) -> None:
        """Event `failed`, permanent: no such mailbox."""
        status = _delivery(550, "5.1.1 The email account that you tried to reach does not exist.", "5.1.1")
        self._event(message, "failed", severity="permanent", reason="bounce", **status)

    def deferred(self, message: Message) -> None:
        """Event `failed`, temporary: the relay tries again by itself."""
        status = _delivery(452, "4.2.2 The recipient's inbox is out of storage space.", "4.2.2")
        self._event(message, "failed", severity="temporary", reason="generic", **status)

    def opened(self, message: Message) -> bool:
        """False: the reader loads the picture in the mail."""
        return False

    def stopped(self, message: Message) -> bool:
        """False: the reader uses the List-Unsubscribe address."""
        return False

    def complained(self, message: Message) -> None:
        """Event `complained`, from the mailbox provider's feedback loop."""
        self._event(message, "complained")

    def _event(self, message: Message, event: str, **more: Any) -> None:
        moment = self.world.now().timestamp()
        data = {
            "event": event,
            "id": secrets.token_urlsafe(16),
            "timestamp": moment,
            "log-level": "error" if event == "failed" else "warn" if event == "complained" else "info",
            "recipient": message.recipient,
            "recipient-domain": message.recipient.rpartition("@")[2],
            "envelope": {"sender": message.sender, "targets": message.recipient, "transport": "smtp"},
            "message": {
                "headers": {
                    "message-id": message.id,
                    "from": message.sender,
                    "to": message.recipient,
                    "subject": message.subject,
                },
                "attachments": [],
                "size": len(message.body),
            },
            "flags": {"is-routed": False, "is-authenticated": True, "is-system-test": False, "is-test-mode": False},
            "tags": [],
            "campaigns": [],
            "user-variables": {},
            **more,
        }
        timestamp, token = str(int(moment)), secrets.token_hex(25)
        mark = hmac.digest(self.world.secret.encode(), (timestamp + token).encode(), "sha256").hex()
        signed = {"timestamp": timestamp, "token": token, "signature": mark}
        body = dumps({"signature": signed, "event-data": data})
        self._courier.post(
            f"{self.world.callback}/api/webhooks/email/mailgun", body, {"Content-Type": "application/json"}
        )


def _delivery(code: int, message: str, enhanced: str = "") -> dict[str, Any]:
    status = {
        "code": code,
        "message": message,
        "description": "",
        "attempt-no": 1,
        "session-seconds": 0.05,
        "tls": True,
    }
    if enhanced:
        status["enhanced-code"] = enhanced
    return {"delivery-status": status}
