"""Stripe's API under /v1, and its hosted payment page: forms in, JSON out."""

from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from py360.kit.money import format_inr
from py360.sandbox.stripe.account import Stripe
from py360.sandbox.stripe.mandates import StripeMandates
from py360.sandbox.stripe.requests import Requests, as_json
from py360.sandbox.world import Refused

Expand = Annotated[list[str], Query(alias="expand[]")]
_PAGE: Final = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox checkout</title></head><body>
<p>Sandbox of Stripe Checkout: no money moves.</p><p>{{ session.description }}</p><h1>{{ amount }}</h1>
{% if problem %}<p>{{ problem }}</p>{% endif %}
{% if session.status == "open" %}
<form method="post" action="/c/pay/{{ session.id }}">
<p><button name="outcome" value="success">{% if session.mode == "setup" %}Authorise up to{% else %}Pay{% endif %} {{ amount }}</button> <button name="outcome" value="failure">Let it fail</button></p>
</form>
{% else %}<p>This session is {{ session.status }}.</p>{% endif %}
</body></html>
""")


def _page(session: dict[str, Any], problem: str = "", status: int = 200) -> HTMLResponse:
    amount = format_inr(Decimal(session["amount_total"]) / 100)
    return HTMLResponse(_PAGE.render(session=session, amount=amount, problem=problem), status)


def routes(stripe: Stripe, mandates: StripeMandates) -> APIRouter:
    """The paths under /v1."""
    requests = Requests(stripe)
    guard, once, expanded = requests.guard, requests.once, requests.expanded
    router = APIRouter(prefix="/v1", tags=["stripe"], dependencies=[Depends(guard)])

    @router.get("/balance")
    async def balance() -> Response:
        """The account's balance."""
        return as_json({"object": "balance", "available": [], "livemode": False, "pending": []})

    @router.post("/checkout/sessions")
    async def create(request: Request) -> Response:
        """Make a session."""
        return await once(
            request, lambda form: mandates.create(form) if form.get("mode") == "setup" else stripe.create(form)
        )

    @router.get("/checkout/sessions")
    async def list_sessions(limit: int = 10, starting_after: str = "", expand: Expand = []) -> Response:  # noqa: B006 - FastAPI copies a default
        """The sessions, newest first."""
        found = stripe.book.all("checkout.session")
        numbers = [each["id"] for each in found]
        begin = numbers.index(starting_after) + 1 if starting_after in numbers else 0
        page = [expanded(each, expand) for each in found[begin : begin + limit]]
        return as_json({"object": "list", "data": page, "has_more": begin + limit < len(found)})

    @router.get("/checkout/sessions/{number}")
    async def get_session(number: str, expand: Expand = []) -> Response:  # noqa: B006 - FastAPI copies a default
        """One session."""
        return as_json(expanded(stripe.session(number), expand))

    @router.post("/checkout/sessions/{number}/expire")
    async def expire(number: str) -> Response:
        """End a session."""
        return as_json(stripe.expire(stripe.session(number)))

    @router.post("/payment_intents")
    async def debit(request: Request) -> Response:
        """Debit a mandate."""
        return await once(request, mandates.debit)

    @router.get("/payment_intents")
    async def list_intents(limit: int = 10, expand: Expand = []) -> Response:  # noqa: B006 - FastAPI copies a default
        """The payment intents, newest first."""
        found = [expanded(each, expand) for each in stripe.book.all("payment_intent")]
        return as_json({"object": "list", "data": found[:limit], "has_more": len(found) > limit})

    @router.get("/payment_intents/{number}")
    async def get_intent(number: str, expand: Expand = []) -> Response:  # noqa: B006 - FastAPI copies a default
        """One payment intent."""
        return as_json(expanded(stripe.intent(number), expand))

    @router.post("/payment_intents/{number}/capture")
    async def capture(number: str, request: Request) -> Response:
        """Capture what was authorised."""
        return await once(request, lambda form: stripe.capture(stripe.intent(number), form))

    @router.post("/refunds")
    async def refund(request: Request) -> Response:
        """Give money back."""
        return await once(request, stripe.refund)

    @router.get("/refunds")
    async def refunds(charge: str = "", limit: int = 10) -> Response:
        """The refunds of a charge."""
        found = [each for each in stripe.book.all("refund") if charge in ("", each["charge"])]
        return as_json({"object": "list", "data": found[:limit], "has_more": len(found) > limit})

    @router.get("/mandates/{number}")
    async def get_mandate(number: str) -> Response:
        """One mandate."""
        return as_json(stripe.known(number, "mandate"))

    @router.post("/payment_methods/{number}/detach")
    async def detach(number: str) -> Response:
        """Detach a payment method, which ends its mandate."""
        return as_json(mandates.detach(number))

    return router


def pages(stripe: Stripe, mandates: StripeMandates) -> APIRouter:
    """The hosted payment page."""
    router = APIRouter(tags=["checkout"])

    def setup(session: dict[str, Any], fields: dict[str, str]) -> Response:
        """The customer authorises a mandate, or refuses."""
        if session["status"] != "open":
            return _page(session, status=400)
        if fields.get("outcome") == "failure":
            return _page(session, "You refused. You can try again.")
        mandates.authorise(session)
        return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 302)

    @router.get("/c/pay/{number}")
    async def show(number: str) -> Response:
        """What is to be paid, and the form that pays it."""
        try:
            return _page(stripe.session(number))
        except Refused:
            return HTMLResponse("<p>There is no such session.</p>", 404)

    @router.post("/c/pay/{number}")
    async def pay(number: str, request: Request) -> Response:
        """Try to pay; on success the customer goes back to the merchant."""
        session, fields = stripe.session(number), await stripe.world.form(request)
        if session["mode"] == "setup":
            return setup(session, fields)
        if session["status"] != "open":
            return _page(session, status=400)
        success = fields.get("outcome") != "failure"
        stripe.pay(session, success, capture=session["capture_method"] != "manual")
        if not success:
            return _page(session, "Your card was declined. You can try again.")
        return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", number), 302)

    return router
