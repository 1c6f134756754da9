"""Razorpay's e-mandates: registration links, tokens, and the payments that are made with them.

Sources: razorpay.com/docs/api/payments/recurring-payments (registration links, tokens, subsequent payments),
razorpay.com/docs/api/orders, razorpay.com/docs/payments/recurring-payments/subscribe-to-webhooks (states and events).
"""

from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment

from py360.kit.money import format_inr
from py360.sandbox.objectbook import ObjectBook
from py360.sandbox.razorpay.account import Razorpay, new_id
from py360.sandbox.razorpay.answers import as_json, no
from py360.sandbox.world import Refused

METHODS: Final = frozenset({"upi", "emandate", "card"})
LEAST_PAISE: Final = {"upi": 100, "card": 100, "emandate": 0}
_PAGE: Final = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox mandate</title></head><body>
<p>Sandbox of a payment gateway: no money moves.</p><p>{{ link.description }}</p>
<h1>Up to {{ most }} per debit, by {{ method }}</h1>
{% if link.status == "issued" %}
<form method="post" action="/m/{{ link.id }}">
<p><button name="outcome" value="success">Authorise</button> <button name="outcome" value="failure">Refuse</button></p>
</form>
{% else %}<p>This link is {{ link.status }}.</p>{% endif %}
</body></html>
""")


class RazorpayMandates:
    """The mandates of a merchant account."""

    def __init__(self, razorpay: Razorpay) -> None:
        self.razorpay = razorpay
        self.world = razorpay.world
        self.book = ObjectBook(razorpay.world.folder, "razorpay_mandates")
        self.failing: dict[str, str] = {}  # why debits with a token fail, while somebody wants them to

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A new registration link. Raises Refused."""
        registration, customer = wanted.get("subscription_registration") or {}, wanted.get("customer") or {}
        method, amount, now = registration.get("method"), wanted.get("amount"), self.razorpay.seconds()
        if wanted.get("type") != "link":
            raise no("The type field is invalid.")
        if method not in METHODS:
            raise no("The selected method is invalid.")
        if not isinstance(amount, int) or amount < LEAST_PAISE[method]:
            raise no(
                "The amount must be at least INR 1.00" if LEAST_PAISE[method] else "The amount must be an integer."
            )
        if not customer.get("email") or not customer.get("contact"):
            raise no("The customer email and contact fields are required.")
        if not isinstance(registration.get("max_amount"), int) or registration["max_amount"] <= 0:
            raise no("The max amount must be an integer.")
        if (wanted.get("expire_by") or now + 1) <= now:
            raise no("expire_by should be at least 15 minutes after current time")
        number, customer_id = new_id("inv"), new_id("cust")
        order = self.open_order({"amount": amount, "currency": "INR", "receipt": wanted.get("receipt")})
        link: dict[str, Any] = {
            "id": number,
            "entity": "invoice",
            "type": "link",
            "receipt": wanted.get("receipt"),
            "customer_id": customer_id,
            "customer_details": {"id": customer_id, **customer},
            "order_id": order["id"],
            "payment_id": None,
            "status": "issued",
            "expire_by": wanted.get("expire_by"),
            "issued_at": now,
            "paid_at": None,
            "cancelled_at": None,
            "expired_at": None,
            "amount": amount,
            "amount_paid": 0,
            "currency": "INR",
            "description": wanted.get("description", ""),
            "short_url": f"{self.world.address}/m/{number}",
            "created_at": now,
            "subscription_registration": registration,
        }
        self.book.save(link)
        return link

    def open_order(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A new order. Raises Refused."""
        amount = wanted.get("amount")
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
            raise no("The amount must be an integer.")
        if len(str(wanted.get("receipt") or "")) > 40:
            raise no("The receipt may not be greater than 40 characters.")
        order = {
            "id": new_id("order"),
            "entity": "order",
            "amount": amount,
            "amount_paid": 0,
            "amount_due": amount,
            "currency": "INR",
            "receipt": wanted.get("receipt"),
            "status": "created",
            "attempts": 0,
            "notes": wanted.get("notes") or [],
            "created_at": self.razorpay.seconds(),
        }
        self.book.save(order)
        return order

    def link(self, number: str) -> dict[str, Any]:
        """A registration link as it is now: one past its expire_by is expired. Raises Refused."""
        link = self.known(number, "invoice")
        now = self.razorpay.seconds()
        if link["status"] == "issued" and 0 < (link["expire_by"] or 0) <= now:
            link |= {"status": "expired", "expired_at": link["expire_by"]}
            self.book.save(link)
            self.razorpay.report("invoice.expired", {"invoice": link})
        return link

    def cancel_link(self, link: dict[str, Any]) -> dict[str, Any]:
        """The merchant takes a link back. Raises Refused."""
        if link["status"] != "issued":
            raise no("Operation not allowed for Invoice in " + str(link["status"]) + " status.")
        link |= {"status": "cancelled", "cancelled_at": self.razorpay.seconds()}
        self.book.save(link)
        return link

    def authorise(self, link: dict[str, Any], success: bool = True, *, confirm: bool = True) -> dict[str, Any]:
        """A customer authorises or refuses; their bank confirms the token at once, or later (`confirm`)."""
        registration = link["subscription_registration"]
        token = {
            "id": new_id("token"),
            "entity": "token",
            "customer_id": link["customer_id"],
            "method": registration["method"],
            "recurring": success and confirm,
            "recurring_details": {"status": "initiated", "failure_reason": None},
            "max_amount": registration["max_amount"],
            "expired_at": registration.get("expire_at"),
            "created_at": self.razorpay.seconds(),
        }
        self.book.save(token)
        payment = self._payment(link["order_id"], link["amount"], token, success)
        payment |= {"invoice_id": link["id"]}
        self.razorpay.book.save_payment(payment)
        if not success:
            self.razorpay.report("payment.failed", {"payment": payment})
            return self.change(token, "rejected", "The customer refused.")
        link |= {
            "status": "paid",
            "payment_id": payment["id"],
            "amount_paid": link["amount"],
            "paid_at": self.razorpay.seconds(),
        }
        self.book.save(link)
        self.razorpay.report("payment.authorized", {"payment": {**payment, "status": "authorized", "captured": False}})
        self.razorpay.report("payment.captured", {"payment": payment})
        self.razorpay.report("invoice.paid", {"payment": payment, "invoice": link})
        return self.change(token, "confirmed") if confirm else token

    def change(self, token: dict[str, Any], status: str, reason: str | None = None) -> dict[str, Any]:
        """A token's status moves, by the customer or their bank, and an event reports it."""
        token |= {"recurring": status == "confirmed", "recurring_details": {"status": status, "failure_reason": reason}}
        self.book.save(token)
        self.razorpay.report(f"token.{status}", {"token": token})
        return token

    def debit(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """A payment with a token, captured or failed at once: the bank takes up to a day and a half. Raises Refused."""
        token, order = self.known(str(wanted.get("token")), "token"), self.known(str(wanted.get("order_id")), "order")
        if token["recurring_details"]["status"] != "confirmed":
            raise no("The token is not confirmed for recurring payments.")
        if wanted.get("customer_id") != token["customer_id"]:
            raise no("The id provided does not exist")
        if wanted.get("amount") != order["amount"]:
            raise no("Your payment amount is different from your order amount.")
        if order["amount"] > token["max_amount"]:
            raise no("The amount exceeds the maximum amount of the mandate.")
        if order["status"] == "paid":
            raise no("Payment already done for this order.")
        reason = self.failing.get(token["id"])
        payment = self._payment(order["id"], order["amount"], token, reason is None)
        payment |= {"error_description": reason, "description": wanted.get("description")}
        self.razorpay.book.save_payment(payment)
        event = "payment.captured" if reason is None else "payment.failed"
        self.razorpay.report(event, {"payment": payment})
        return {"razorpay_payment_id": payment["id"], "razorpay_order_id": order["id"], "razorpay_signature": ""}

    def _payment(self, order_id: str, amount: int, token: dict[str, Any], success: bool) -> dict[str, Any]:
        order = self.known(order_id, "order")
        payment = {
            "id": new_id("pay"),
            "entity": "payment",
            "amount": amount,
            "currency": "INR",
            "status": "captured" if success else "failed",
            "order_id": order_id,
            "invoice_id": None,
            "method": token["method"],
            "amount_refunded": 0,
            "refund_status": None,
            "captured": success,
            "description": None,
            "customer_id": token["customer_id"],
            "token_id": token["id"],
            "notes": [],
            "fee": 0 if success else None,
            "tax": 0 if success else None,
            "error_description": None if success else "The customer refused.",
            "created_at": self.razorpay.seconds(),
        }
        order |= {"attempts": order["attempts"] + 1, "payments": [*order.get("payments", []), payment["id"]]}
        if success:
            order |= {"status": "paid", "amount_paid": amount, "amount_due": 0}
        self.book.save(order)
        self.world.journal.count("payments", "captured" if success else "declined")
        return payment

    def known(self, number: str, kind: str) -> dict[str, Any]:
        """An object by its id. Raises Refused."""
        found = self.book.find(number)
        if found is None or found["entity"] != kind:
            raise no("The id provided does not exist")
        return found


def routes(mandates: RazorpayMandates) -> APIRouter:
    """The API paths under /v1."""
    world = mandates.world

    async def guard(request: Request) -> None:
        if not world.knows(request):
            raise no("Authentication failed", 401)

    def collection(items: list[dict[str, Any]]) -> Response:
        return as_json({"entity": "collection", "count": len(items), "items": items})

    router = APIRouter(prefix="/v1", tags=["razorpay"], dependencies=[Depends(guard)])

    @router.post("/subscription_registration/auth_links")
    async def create(request: Request) -> Response:
        """Make a registration link."""
        return as_json(mandates.create(await world.json(request)))

    @router.get("/invoices")
    async def find(receipt: str = "") -> Response:
        """Registration links by the merchant's receipt."""
        return collection([each for each in mandates.book.all("invoice") if each["receipt"] == receipt])

    @router.get("/invoices/{number}")
    async def get(number: str) -> Response:
        """One registration link."""
        return as_json(mandates.link(number))

    @router.post("/invoices/{number}/cancel")
    async def cancel_link(number: str) -> Response:
        """Take a registration link back."""
        return as_json(mandates.cancel_link(mandates.link(number)))

    @router.get("/customers/{customer}/tokens/{token}")
    async def get_token(customer: str, token: str) -> Response:
        """One token."""
        return as_json(mandates.known(token, "token"))

    @router.put("/customers/{customer}/tokens/{token}/cancel")
    async def cancel_token(customer: str, token: str) -> Response:
        """Cancel a token."""
        found = mandates.known(token, "token")
        if found["recurring_details"]["status"] not in ("initiated", "confirmed", "paused"):
            raise no("The token cannot be cancelled in its present status.")
        mandates.change(found, "cancelled")
        return as_json({"status": "cancellation_initiated"})

    @router.post("/orders")
    async def open_order(request: Request) -> Response:
        """Make an order."""
        return as_json(mandates.open_order(await world.json(request)))

    @router.get("/orders")
    async def find_orders(receipt: str = "") -> Response:
        """Orders by the merchant's receipt."""
        return collection([each for each in mandates.book.all("order") if each["receipt"] == receipt])

    @router.get("/orders/{number}/payments")
    async def order_payments(number: str) -> Response:
        """The payments of an order."""
        numbers = mandates.known(number, "order").get("payments", [])
        return collection([found for each in numbers if (found := mandates.razorpay.book.payment(each))])

    @router.post("/payments/create/recurring")
    async def debit(request: Request) -> Response:
        """Debit a token."""
        return as_json(mandates.debit(await world.json(request)))

    return router


def pages(mandates: RazorpayMandates) -> APIRouter:
    """The hosted page behind a registration link's `short_url`."""
    router = APIRouter(tags=["checkout"])

    def page(link: dict[str, Any]) -> HTMLResponse:
        registration = link["subscription_registration"]
        most = format_inr(Decimal(registration["max_amount"]) / 100)
        return HTMLResponse(_PAGE.render(link=link, most=most, method=registration["method"]))

    @router.get("/m/{number}")
    async def show(number: str) -> Response:
        """What is to be authorised, and the form that does it."""
        try:
            return page(mandates.link(number))
        except Refused:
            return HTMLResponse("<p>There is no such registration link.</p>", 404)

    @router.post("/m/{number}")
    async def authorise(number: str, request: Request) -> Response:
        """The customer decides."""
        link, fields = mandates.link(number), await mandates.world.form(request)
        if link["status"] == "issued":
            mandates.authorise(link, fields.get("outcome") != "failure")
        return page(mandates.link(number))

    return router
