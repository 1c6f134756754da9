"""Razorpay's Payment Links, and the events it sends.

Sources: razorpay.com/docs/api/payments/payment-links, razorpay.com/docs/webhooks/payloads/payment-links,
.../webhooks/validate-test (signatures), razorpay.com/docs/payments/payment-links/apis (callback parameters).
Amounts are integers in paise.
"""

import hmac
import secrets
import string
from typing import Any, Final

from py360.kit.wire import dumps
from py360.sandbox.courier import Courier
from py360.sandbox.razorpay.answers import no
from py360.sandbox.razorpay.linkbook import LinkBook
from py360.sandbox.world import World

ACCOUNT: Final = "acc_Py360Sandbox00"
LEAST_PAISE: Final = 100
SHORTEST_LIFE: Final = 15 * 60  # seconds between now and expire_by
LONGEST_LIFE: Final = 180 * 86_400
_LETTERS: Final = string.ascii_letters + string.digits


def new_id(kind: str) -> str:
    """An id in Razorpay's form: `pay_` and fourteen letters or digits."""
    return f"{kind}_" + "".join(secrets.choice(_LETTERS) for _ in range(14))


class Razorpay:
    """The vendor's side of one merchant account."""

    def __init__(self, world: World, courier: Courier) -> None:
        self.world = world
        self.book = LinkBook(world.folder)
        self._courier = courier

    def seconds(self) -> int:
        """The moment in seconds since 1970, as Razorpay writes time."""
        return int(self.world.now().timestamp())

    def current(self, link_id: str) -> dict[str, Any] | None:
        """A link as it is now: one past its expire_by is expired."""
        link = self.book.link(link_id)
        if link and link["status"] == "created" and 0 < link["expire_by"] <= self.seconds():
            link |= {"status": "expired", "expired_at": link["expire_by"]}
            self.book.save(link)
            self.report("payment_link.expired", {"payment_link": link})
        return link

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A new link. Raises Refused."""
        now = self.seconds()
        amount, expire_by = wanted.get("amount"), wanted.get("expire_by") or 0
        reference = str(wanted.get("reference_id") or "")
        if not isinstance(amount, int) or isinstance(amount, bool):
            raise no("The amount must be an integer.")
        if amount < LEAST_PAISE:
            raise no("The amount must be atleast INR 1.00")
        if wanted.get("currency", "INR") != "INR":
            raise no("Currency is not supported")
        if len(reference) > 40:
            raise no("The reference id may not be greater than 40 characters.")
        if expire_by and not now + SHORTEST_LIFE <= expire_by <= now + LONGEST_LIFE:
            raise no("expire_by should be at least 15 minutes after current time")
        link_id = new_id("plink")
        link: dict[str, Any] = {
            "accept_partial": False,
            "amount": amount,
            "amount_paid": 0,
            "callback_method": wanted.get("callback_method", ""),
            "callback_url": wanted.get("callback_url", ""),
            "cancelled_at": 0,
            "created_at": now,
            "currency": "INR",
            "customer": wanted.get("customer") or {},
            "description": wanted.get("description", ""),
            "expire_by": expire_by,
            "expired_at": 0,
            "first_min_partial_amount": 0,
            "id": link_id,
            "notes": wanted.get("notes") or None,
            "notify": wanted.get("notify") or {"email": False, "sms": False, "whatsapp": False},
            "order_id": "",
            "payments": None,
            "reference_id": reference,
            "reminder_enable": bool(wanted.get("reminder_enable", False)),
            "reminders": [],
            "short_url": f"{self.world.address}/i/{link_id}",
            "status": "created",
            "updated_at": now,
            "upi_link": False,
            "user_id": "",
            "whatsapp_link": False,
        }
        if not self.book.add(link):
            raise no(f"payment link with given reference_id ({reference}) already exists")
        self.world.journal.count("payments", "links")
        return link

    def cancel(self, link: dict[str, Any]) -> None:
        """The merchant takes the link back. Raises Refused."""
        if link["status"] != "created":
            raise no(f"payment link with status {link['status']} cannot be cancelled")
        link |= {"status": "cancelled", "cancelled_at": self.seconds(), "updated_at": self.seconds()}
        self.book.save(link)
        self.report("payment_link.cancelled", {"payment_link": link})

    def pay(self, link: dict[str, Any], method: str, success: bool) -> dict[str, Any]:
        """A customer's attempt: a payment, captured or failed, and the events that report of it."""
        if not link["order_id"]:
            link["order_id"] = new_id("order")
        payment = self._payment(link, method, success)
        self.book.save_payment(payment)
        if not success:
            self.book.save(link)
            self.world.journal.count("payments", "declined")
            self.report("payment.failed", {"payment": payment})
            return payment
        kept = {key: payment[key] for key in ("amount", "created_at", "method", "status")}
        link |= {
            "status": "paid",
            "amount_paid": link["amount"],
            "updated_at": self.seconds(),
            "payments": [{**kept, "payment_id": payment["id"], "plink_id": link["id"]}],
        }
        self.book.save(link)
        self.world.journal.count("payments", "captured")
        self.world.journal.count("payments", "capturedPaise", link["amount"])
        self.report("payment.captured", {"payment": payment})
        self.report("payment_link.paid", {"payment_link": link, "payment": payment, "order": self._order(link)})
        return payment

    def refund(self, payment: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
        """Give back part or all of a captured payment; asked again under one receipt, the refund there is. Raises Refused."""
        if not payment["captured"]:
            raise no("The payment is not captured")
        if earlier := self.book.refund_with(payment["id"], wanted.get("receipt")):
            return earlier
        left = payment["amount"] - payment["amount_refunded"]
        amount = wanted.get("amount", left)
        if not isinstance(amount, int) or not 0 < amount <= left:
            raise no("The total refund amount is greater than the refund payment amount")
        now = self.seconds()
        refund = {
            "id": new_id("rfnd"),
            "entity": "refund",
            "amount": amount,
            "currency": "INR",
            "payment_id": payment["id"],
            "notes": wanted.get("notes") or [],
            "receipt": wanted.get("receipt"),
            "acquirer_data": {"rrn": None},
            "created_at": now,
            "batch_id": None,
            "status": "processed",
            "speed_processed": "normal",
            "speed_requested": "normal",
        }
        payment["amount_refunded"] += amount
        whole = payment["amount_refunded"] == payment["amount"]
        payment |= {"refund_status": "full" if whole else "partial", "status": "refunded" if whole else "captured"}
        self.book.save_payment(payment)
        self.book.add_refund(refund)
        self.world.journal.count("payments", "refunded")
        self.report("refund.processed", {"refund": refund, "payment": payment})
        return refund

    def _payment(self, link: dict[str, Any], method: str, success: bool) -> dict[str, Any]:
        customer = link["customer"]
        vpa = "customer@upi" if method == "upi" else None
        error = (
            (None,) * 5
            if success
            else (
                "BAD_REQUEST_ERROR",
                "Your payment was not successful as it was declined by your bank. Try another payment method.",
                "bank",
                "payment_authorization",
                "payment_failed",
            )
        )
        return {
            "id": new_id("pay"),
            "entity": "payment",
            "amount": link["amount"],
            "currency": "INR",
            "base_amount": link["amount"],
            "status": "captured" if success else "failed",
            "order_id": link["order_id"],
            "invoice_id": None,
            "international": False,
            "method": method,
            "amount_refunded": 0,
            "amount_transferred": 0,
            "refund_status": None,
            "captured": success,
            "description": "#" + link["id"].removeprefix("plink_"),
            "card_id": None,
            "bank": "HDFC" if method == "netbanking" else None,
            "wallet": None,
            "vpa": vpa,
            "email": customer.get("email") or "void@razorpay.com",
            "contact": customer.get("contact") or "",
            "notes": link["notes"] or [],
            "fee": link["amount"] * 236 // 10_000 if success else None,
            "tax": link["amount"] * 36 // 10_000 if success else None,
            "error_code": error[0],
            "error_description": error[1],
            "error_source": error[2],
            "error_step": error[3],
            "error_reason": error[4],
            "acquirer_data": {"rrn": str(secrets.randbelow(10**12)).zfill(12)} if success else {"rrn": None},
            "created_at": self.seconds(),
            **({"upi": {"vpa": vpa}} if vpa else {}),
        }

    def _order(self, link: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": link["order_id"],
            "entity": "order",
            "amount": link["amount"],
            "amount_paid": link["amount_paid"],
            "amount_due": link["amount"] - link["amount_paid"],
            "currency": "INR",
            "receipt": link["reference_id"],
            "offer_id": None,
            "status": "paid",
            "attempts": 1,
            "notes": link["notes"] or [],
            "created_at": link["created_at"],
        }

    def report(self, event: str, entities: dict[str, dict[str, Any]]) -> None:
        """Send one event, signed over its raw body."""
        body = dumps(
            {
                "entity": "event",
                "account_id": ACCOUNT,
                "event": event,
                "contains": list(entities),
                "payload": {name: {"entity": entity} for name, entity in entities.items()},
                "created_at": self.seconds(),
            }
        )
        headers = {
            "Content-Type": "application/json",
            "X-Razorpay-Signature": hmac.digest(self.world.secret.encode(), body, "sha256").hex(),
            "x-razorpay-event-id": new_id("evt"),
        }
        self._courier.post(f"{self.world.callback}/api/webhooks/razorpay", body, headers)

    def callback_parameters(self, link: dict[str, Any], payment: dict[str, Any]) -> dict[str, str]:
        """What is added to the merchant's callback_url after a payment, signed with the key's secret."""
        parts = (link["id"], link["reference_id"], link["status"], payment["id"])
        return {
            "razorpay_payment_id": payment["id"],
            "razorpay_payment_link_id": link["id"],
            "razorpay_payment_link_reference_id": link["reference_id"],
            "razorpay_payment_link_status": link["status"],
            "razorpay_signature": hmac.digest(self.world.secret.encode(), "|".join(parts).encode(), "sha256").hex(),
        }
