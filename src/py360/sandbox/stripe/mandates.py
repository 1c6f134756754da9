"""Stripe's UPI AutoPay: sessions of mode `setup`, mandates, and payment intents confirmed off session.

Sources: docs.stripe.com/payments/upi/upi-autopay, docs.stripe.com/api/setup_intents, /api/mandates, /api/payment_intents.
"""

from typing import Any, Final

from py360.sandbox.stripe.account import LONGEST_LIFE, SHORTEST_LIFE, Stripe, nested, new_id
from py360.sandbox.stripe.errors import no, too_much

OPTIONS: Final = "payment_method_options[upi][mandate_options]"


class StripeMandates:
    """The mandates of an account."""

    def __init__(self, stripe: Stripe) -> None:
        self.stripe = stripe
        self.failing: dict[str, str] = {}  # why debits of a payment method fail, while somebody wants them to

    def create(self, form: dict[str, str]) -> dict[str, Any]:
        """A new session where a customer authorises a mandate. Raises Refused."""
        now = self.stripe.seconds()
        if form.get("payment_method_types[0]") != "upi" or form.get("currency") != "inr":
            raise no("Mandates of the sandbox are by UPI, in INR.", "payment_method_types")
        if form.get(f"{OPTIONS}[amount_type]") != "maximum" or not (form.get(f"{OPTIONS}[amount]") or "").isdigit():
            raise no("Missing required param: amount.", f"{OPTIONS}[amount]", "parameter_missing")
        if len(form.get(f"{OPTIONS}[description]", "")) > 20:
            raise no("Invalid string: must be at most 20 characters", f"{OPTIONS}[description]")
        expires_at = int(form.get("expires_at") or now + LONGEST_LIFE)
        if not now + SHORTEST_LIFE <= expires_at <= now + LONGEST_LIFE:
            raise no("The `expires_at` timestamp must be 30 minutes to 24 hours from creation.", "expires_at")
        setup = {
            "id": new_id("seti"),
            "object": "setup_intent",
            "created": now,
            "customer": None,
            "mandate": None,
            "metadata": nested(form, "setup_intent_data[metadata]"),
            "payment_method": None,
            "status": "requires_payment_method",
        }
        number = new_id("cs_test")
        session: dict[str, Any] = {
            "id": number,
            "object": "checkout.session",
            "amount_total": int(form[f"{OPTIONS}[amount]"]),
            "cancel_url": form.get("cancel_url"),
            "client_reference_id": form.get("client_reference_id"),
            "created": now,
            "currency": "inr",
            "customer": None,
            "customer_email": form.get("customer_email"),
            "description": form.get("setup_intent_data[description]", ""),
            "expires_at": expires_at,
            "livemode": False,
            "metadata": nested(form, "metadata"),
            "mode": "setup",
            "payment_intent": None,
            "payment_status": "no_payment_required",
            "setup_intent": setup["id"],
            "status": "open",
            "success_url": form.get("success_url", ""),
            "url": f"{self.stripe.world.address}/c/pay/{number}",
        }
        self.stripe.book.save(setup)
        self.stripe.book.save(session)
        return session

    def authorise(self, session: dict[str, Any], status: str = "active") -> dict[str, Any]:
        """A customer authorises the mandate of a session; the mandate."""
        setup = self.stripe.known(session["setup_intent"], "setup_intent")
        customer, method = new_id("cus"), {"id": new_id("pm"), "object": "payment_method", "type": "upi"}
        mandate = {
            "id": new_id("mandate"),
            "object": "mandate",
            "payment_method": method["id"],
            "payment_method_details": {
                "type": "upi",
                "upi": {"amount": session["amount_total"], "amount_type": "maximum"},
            },
            "status": status,
            "type": "multi_use",
        }
        setup |= {"customer": customer, "mandate": mandate["id"], "payment_method": method["id"], "status": "succeeded"}
        session |= {"status": "complete", "customer": customer, "url": None}
        for each in (method, mandate, setup, session):
            self.stripe.book.save(each)
        self.stripe.report("setup_intent.succeeded", setup)
        self.stripe.report("mandate.updated", mandate)
        self.stripe.report("checkout.session.completed", session)
        return mandate

    def change(self, mandate: dict[str, Any], status: str) -> dict[str, Any]:
        """A mandate's status moves, by the customer or their bank, and an event reports it."""
        mandate |= {"status": status}
        self.stripe.book.save(mandate)
        self.stripe.report("mandate.updated", mandate)
        return mandate

    def detach(self, method: str) -> dict[str, Any]:
        """The merchant gives a payment method up: its mandate ends. Raises Refused."""
        found = self.stripe.known(method, "payment_method")
        for mandate in self.stripe.book.all("mandate"):
            if mandate["payment_method"] == method and mandate["status"] != "inactive":
                self.change(mandate, "inactive")
        return found

    def debit(self, form: dict[str, str]) -> dict[str, Any]:
        """A payment intent that is confirmed off session: in process until the bank answers, here at once. Raises Refused."""
        if form.get("confirm") != "true" or form.get("off_session") != "true":
            raise no("The sandbox takes payment intents that are confirmed off session only.", "confirm")
        mandate = self.stripe.known(form.get("mandate", ""), "mandate")
        amount, most = int(form.get("amount") or 0), mandate["payment_method_details"]["upi"]["amount"]
        if mandate["status"] != "active":
            raise no("The mandate is not active.", "mandate", "payment_intent_mandate_invalid")
        if mandate["payment_method"] != form.get("payment_method"):
            raise no("The payment method does not belong to the mandate.", "payment_method")
        if amount > most:
            raise too_much("The amount is larger than the mandate's.")
        intent: dict[str, Any] = {
            "id": new_id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_received": 0,
            "created": self.stripe.seconds(),
            "currency": "inr",
            "description": form.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": nested(form, "metadata"),
            "status": "processing",
        }
        answer = dict(intent)  # what the merchant gets: the bank has not answered yet
        reason = self.failing.get(mandate["payment_method"])
        self._answer(intent, reason)
        return answer

    def _answer(self, intent: dict[str, Any], reason: str | None) -> None:
        """The customer's bank pays, or says why not, and events report it."""
        charge: dict[str, Any] = {
            "id": new_id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0 if reason else intent["amount"],
            "amount_refunded": 0,
            "captured": reason is None,
            "created": self.stripe.seconds(),
            "currency": "inr",
            "failure_message": reason,
            "metadata": intent["metadata"],
            "payment_intent": intent["id"],
            "payment_method_details": {"type": "upi"},
            "refunded": False,
            "status": "failed" if reason else "succeeded",
        }
        problem = {"type": "card_error", "message": reason, "charge": charge["id"]} if reason else None
        status = "requires_payment_method" if reason else "succeeded"
        intent |= {"latest_charge": charge["id"], "status": status, "last_payment_error": problem}
        self.stripe.book.save(charge)
        self.stripe.book.save(intent)
        self.stripe.world.journal.count("payments", "declined" if reason else "captured")
        self.stripe.report("charge.failed" if reason else "charge.succeeded", charge)
        self.stripe.report("payment_intent.payment_failed" if reason else "payment_intent.succeeded", intent)
