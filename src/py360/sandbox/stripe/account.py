"""Stripe Checkout: the sessions, intents, charges, refunds and disputes of one account, and the events it sends.

Sources: docs.stripe.com/api (objects, errors, idempotent requests), docs.stripe.com/webhooks#verify-manually (signatures).
Amounts are in paise.
"""

import hmac
import secrets
import string
from typing import Any, Final

from py360.kit.wire import dumps
from py360.sandbox.courier import Courier
from py360.sandbox.objectbook import ObjectBook
from py360.sandbox.stripe.errors import no, too_much
from py360.sandbox.world import World

VERSION: Final = "2026-10-28.endive"
LEAST_PAISE: Final = 50
SHORTEST_LIFE: Final = 30 * 60  # seconds between now and expires_at
LONGEST_LIFE: Final = 24 * 3600
ANSWER_DAYS: Final = 7  # to a dispute
_LETTERS: Final = string.ascii_letters + string.digits


def new_id(kind: str) -> str:
    """An id in Stripe's form: `ch_` and twenty-four letters or digits."""
    return f"{kind}_" + "".join(secrets.choice(_LETTERS) for _ in range(24))


class Stripe:
    """The vendor's side of one account."""

    def __init__(self, world: World, courier: Courier) -> None:
        self.world = world
        self.book = ObjectBook(world.folder, "stripe")
        self._courier = courier

    def seconds(self) -> int:
        """The moment in seconds since 1970."""
        return int(self.world.now().timestamp())

    def session(self, number: str) -> dict[str, Any]:
        """A session as it is now: one past its expires_at is expired. Raises Refused for an unknown one."""
        session = self.known(number, "checkout.session")
        if session["status"] == "open" and session["expires_at"] <= self.seconds():
            self._expire(session)
        return session

    def create(self, form: dict[str, str]) -> dict[str, Any]:
        """A new session. Raises Refused."""
        now = self.seconds()
        if form.get("mode") != "payment":
            raise no("You must provide `mode`: payment.", "mode")
        price = "line_items[0][price_data]"
        if form.get(f"{price}[currency]") != "inr":
            raise no("Invalid currency.", f"{price}[currency]")
        amount = int(form.get(f"{price}[unit_amount]") or 0) * int(form.get("line_items[0][quantity]") or 0)
        if amount < LEAST_PAISE:
            raise no("The Checkout Session's total amount must be at least ₹0.50", "line_items", "amount_too_small")
        expires_at = int(form.get("expires_at") or now + LONGEST_LIFE)
        if not now + SHORTEST_LIFE <= expires_at <= now + LONGEST_LIFE:
            raise no("The `expires_at` timestamp must be 30 minutes to 24 hours from creation.", "expires_at")
        if not form.get("success_url"):
            raise no("Missing required param: success_url.", "success_url", "parameter_missing")
        number = new_id("cs_test")
        session: dict[str, Any] = {
            "id": number,
            "object": "checkout.session",
            "amount_total": amount,
            "cancel_url": form.get("cancel_url"),
            "client_reference_id": form.get("client_reference_id"),
            "created": now,
            "currency": "inr",
            "customer_email": form.get("customer_email"),
            "description": form.get(f"{price}[product_data][name]", ""),
            "expires_at": expires_at,
            "livemode": False,
            "metadata": nested(form, "metadata"),
            "mode": "payment",
            "intent_metadata": nested(form, "payment_intent_data[metadata]"),
            "capture_method": form.get("payment_intent_data[capture_method]", "automatic"),
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": form["success_url"],
            "url": f"{self.world.address}/c/pay/{number}",
        }
        self.book.save(session)
        self.world.journal.count("payments", "sessions")
        return session

    def expire(self, session: dict[str, Any]) -> dict[str, Any]:
        """The merchant ends a session. Raises Refused."""
        if session["status"] != "open":
            raise no(f'Only Checkout Sessions with a status in ["open"] can be expired; this is {session["status"]}.')
        return self._expire(session)

    def _expire(self, session: dict[str, Any]) -> dict[str, Any]:
        session |= {"status": "expired", "url": None}
        self.book.save(session)
        self.report("checkout.session.expired", session)
        return session

    def pay(self, session: dict[str, Any], success: bool, *, capture: bool = True) -> dict[str, Any]:
        """A customer's attempt: a charge, captured, only authorised, or failed, and the events that report it."""
        intent = self._intent(session)
        now = self.seconds()
        charge: dict[str, Any] = {
            "id": new_id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if success and capture else 0,
            "amount_refunded": 0,
            "captured": success and capture,
            "created": now,
            "currency": "inr",
            "disputed": False,
            "failure_code": None if success else "card_declined",
            "failure_message": None if success else "Your card was declined.",
            "livemode": False,
            "metadata": intent["metadata"],
            "paid": success,
            "payment_intent": intent["id"],
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
            "refunded": False,
            "status": "succeeded" if success else "failed",
        }
        intent["latest_charge"] = charge["id"]
        self.book.save(charge)
        if not success:
            problem = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
            intent |= {"status": "requires_payment_method", "last_payment_error": {**problem, "charge": charge["id"]}}
            self.book.save(intent)
            self.book.save(session)
            self.world.journal.count("payments", "declined")
            self.report("charge.failed", charge)
            self.report("payment_intent.payment_failed", intent)
            return charge
        intent |= {"status": "succeeded" if capture else "requires_capture", "last_payment_error": None}
        session |= {"status": "complete", "payment_status": "paid" if capture else "unpaid", "url": None}
        self.book.save(intent)
        self.book.save(session)
        self.report("charge.succeeded", charge)
        self.report("payment_intent.succeeded" if capture else "payment_intent.amount_capturable_updated", intent)
        self.report("checkout.session.completed", session)
        if capture:
            self._count(charge)
        return charge

    def capture(self, intent: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        """The merchant captures what was authorised. Raises Refused."""
        if intent["status"] != "requires_capture":
            message = f"This PaymentIntent could not be captured because it has a status of {intent['status']}."
            raise no(message, code="payment_intent_unexpected_state")
        amount = int(form.get("amount_to_capture") or intent["amount"])
        if amount > intent["amount"]:
            raise too_much("The amount to capture is larger than the amount that was authorised.")
        charge = self.known(intent["latest_charge"], "charge")
        charge |= {"captured": True, "amount_captured": amount}
        intent |= {"status": "succeeded", "amount_received": amount}
        self.book.save(charge)
        self.book.save(intent)
        self._count(charge)
        self.report("charge.captured", charge)
        self.report("payment_intent.succeeded", intent)
        return intent

    def refund(self, form: dict[str, str]) -> dict[str, Any]:
        """Give back part or all of a captured charge. Raises Refused."""
        charge = self.known(form.get("charge", ""), "charge")
        if not charge["captured"]:
            raise no("This charge has not been captured.", "charge")
        left = charge["amount_captured"] - charge["amount_refunded"]
        amount = int(form.get("amount") or left)
        if left <= 0:
            raise no(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if not 0 < amount <= left:
            raise too_much(
                f"Refund amount (₹{amount / 100}) is greater than unrefunded amount on charge (₹{left / 100})"
            )
        refund = {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": self.seconds(),
            "currency": "inr",
            "metadata": nested(form, "metadata"),
            "payment_intent": charge["payment_intent"],
            "reason": None,
            "status": "succeeded",
        }
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.book.save(refund)
        self.book.save(charge)
        self.world.journal.count("payments", "refunded")
        self.report("refund.created", refund)
        self.report("charge.refunded", charge)
        return refund

    def dispute(self, charge_id: str, reason: str = "fraudulent") -> dict[str, Any]:
        """The customer's bank asks for a charge back."""
        charge = self.known(charge_id, "charge")
        dispute = {
            "id": new_id("du"),
            "object": "dispute",
            "amount": charge["amount_captured"],
            "charge": charge["id"],
            "created": self.seconds(),
            "currency": "inr",
            "evidence_details": {"due_by": self.seconds() + ANSWER_DAYS * 86_400, "has_evidence": False},
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "status": "needs_response",
        }
        self.book.save(dispute)
        self.report("charge.dispute.created", dispute)
        return dispute

    def close_dispute(self, number: str, status: str) -> dict[str, Any]:
        """The bank decides: won or lost."""
        dispute = self.known(number, "dispute") | {"status": status}
        self.book.save(dispute)
        self.report("charge.dispute.closed", dispute)
        return dispute

    def intent(self, number: str) -> dict[str, Any]:
        """An intent by its id. Raises Refused."""
        return self.known(number, "payment_intent")

    def charge(self, number: str) -> dict[str, Any]:
        """A charge by its id. Raises Refused."""
        return self.known(number, "charge")

    def _count(self, charge: dict[str, Any]) -> None:
        self.world.journal.count("payments", "captured")
        self.world.journal.count("payments", "capturedPaise", charge["amount_captured"])

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        """The session's intent, made with the first attempt to pay."""
        if session["payment_intent"]:
            return self.known(session["payment_intent"], "payment_intent")
        intent: dict[str, Any] = {
            "id": new_id("pi"),
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_received": 0,
            "created": self.seconds(),
            "currency": "inr",
            "description": session["description"],
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": session["intent_metadata"],
            "status": "requires_payment_method",
        }
        session["payment_intent"] = intent["id"]
        self.book.save(intent)
        return intent

    def known(self, number: str, kind: str) -> dict[str, Any]:
        """An object by its id. Raises Refused."""
        found = self.book.find(number)
        if found is None or found["object"] != kind:
            raise no(f"No such {kind}: '{number[:60]}'", "id", "resource_missing", 404)
        return found

    def report(self, event: str, stated: dict[str, Any]) -> None:
        """Send one event, signed over the moment and its raw body."""
        moment = self.seconds()
        body = dumps(
            {
                "id": new_id("evt"),
                "object": "event",
                "api_version": VERSION,
                "created": moment,
                "data": {"object": stated},
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "type": event,
            }
        )
        mark = hmac.digest(self.world.secret.encode(), f"{moment}.".encode() + body, "sha256").hex()
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": f"t={moment},v1={mark}"}
        self._courier.post(f"{self.world.callback}/api/webhooks/stripe", body, headers)


def nested(form: dict[str, str], name: str) -> dict[str, str]:
    """`metadata[a]=1` is {"a": "1"}."""
    begin = f"{name}["
    return {key[len(begin) : -1]: text for key, text in form.items() if key.startswith(begin) and key.endswith("]")}
