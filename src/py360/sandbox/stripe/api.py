"""Stripe's API under /v1, and its hosted payment page: forms in, JSON out."""

from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from py360.kit.money import format_inr
from py360.kit.wire import dumps
from py360.sandbox.stripe.account import Stripe
from py360.sandbox.stripe.errors import no
from py360.sandbox.world import Refused

Expand = Annotated[list[str], Query(alias="expand[]")]
_PAGE: Final = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox checkout</title></head><body>
<p>Sandbox of Stripe Checkout: no money moves.</p><p>{{ session.description }}</p><h1>{{ amount }}</h1>
{% if problem %}<p>{{ problem }}</p>{% endif %}
{% if session.status == "open" %}
<form method="post" action="/c/pay/{{ session.id }}">
<p><button name="outcome" value="success">Pay {{ amount }}</button> <button name="outcome" value="failure">Let it fail</button></p>
</form>
{% else %}<p>This session is {{ session.status }}.</p>{% endif %}
</body></html>
""")


def _json(body: dict[str, Any]) -> Response:
    return Response(dumps(body), media_type="application/json")


def _page(session: dict[str, Any], problem: str = "", status: int = 200) -> HTMLResponse:
    amount = format_inr(Decimal(session["amount_total"]) / 100)
    return HTMLResponse(_PAGE.render(session=session, amount=amount, problem=problem), status)


def routes(stripe: Stripe) -> APIRouter:
    """The paths under /v1."""
    world = stripe.world

    async def guard(request: Request) -> None:
        bearer = request.headers.get("authorization", "") == f"Bearer {world.secret}"
        if not bearer and not world.knows(request):
            raise no("Invalid API Key provided.", status=401)

    def expanded(found: dict[str, Any], expand: list[str]) -> dict[str, Any]:
        """The object with the objects it names, as far as they are asked for."""
        names = {name.removeprefix("data.") for name in expand}
        copy = dict(found)
        if copy.get("payment_intent") and any(name.startswith("payment_intent") for name in names):
            copy["payment_intent"] = stripe.intent(copy["payment_intent"])
            if "payment_intent.latest_charge" in names and (charge := copy["payment_intent"]["latest_charge"]):
                copy["payment_intent"] |= {"latest_charge": stripe.charge(charge)}
        if "latest_charge" in names and copy.get("latest_charge"):
            copy["latest_charge"] = stripe.charge(copy["latest_charge"])
        return copy

    async def once(request: Request, done: Any) -> Response:
        """A POST with an Idempotency-Key is done once; with other parameters the key is refused."""
        form = await world.form(request)
        key, asked = request.headers.get("idempotency-key"), f"{request.url.path} {sorted(form.items())}"
        if key and (known := stripe.book.answered(key)):
            if known[0] != asked:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                raise no(message, kind="idempotency_error")
            return _json(known[1])
        answer = expanded(done(form), [form.get("expand[]", "")])
        if key:
            stripe.book.keep_answer(key, asked, answer)
        return _json(answer)

    router = APIRouter(prefix="/v1", tags=["stripe"], dependencies=[Depends(guard)])

    @router.get("/balance")
    async def balance() -> Response:
        """The account's balance."""
        return _json({"object": "balance", "available": [], "livemode": False, "pending": []})

    @router.post("/checkout/sessions")
    async def create(request: Request) -> Response:
        """Make a session."""
        return await once(request, stripe.create)

    @router.get("/checkout/sessions")
    async def list_sessions(limit: int = 10, starting_after: str = "", expand: Expand = []) -> Response:  # noqa: B006 - FastAPI copies a default
        """The sessions, newest first."""
        found = stripe.book.all("checkout.session")
        numbers = [each["id"] for each in found]
        begin = numbers.index(starting_after) + 1 if starting_after in numbers else 0
        page = [expanded(each, expand) for each in found[begin : begin + limit]]
        return _json({"object": "list", "data": page, "has_more": begin + limit < len(found)})

    @router.get("/checkout/sessions/{number}")
    async def get_session(number: str, expand: Expand = []) -> Response:  # noqa: B006 - FastAPI copies a default
        """One session."""
        return _json(expanded(stripe.session(number), expand))

    @router.post("/checkout/sessions/{number}/expire")
    async def expire(number: str) -> Response:
        """End a session."""
        return _json(stripe.expire(stripe.session(number)))

    @router.get("/payment_intents/{number}")
    async def get_intent(number: str, expand: Expand = []) -> Response:  # noqa: B006 - FastAPI copies a default
        """One payment intent."""
        return _json(expanded(stripe.intent(number), expand))

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
        return _json({"object": "list", "data": found[:limit], "has_more": len(found) > limit})

    return router


def pages(stripe: Stripe) -> APIRouter:
    """The hosted payment page."""
    router = APIRouter(tags=["checkout"])

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
        if session["status"] != "open":
            return _page(session, status=400)
        success = fields.get("outcome") != "failure"
        stripe.pay(session, success, capture=session["capture_method"] != "manual")
        if not success:
            return _page(session, "Your card was declined. You can try again.")
        return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", number), 302)

    return router
