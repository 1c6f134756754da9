"""The gateway's hosted page behind a payment link's `short_url`: where a customer pays, or sees why not."""

from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment

from py360.kit.money import format_inr
from py360.sandbox.razorpay.account import Razorpay

METHODS: Final = {"upi": "UPI", "card": "Card", "netbanking": "Netbanking"}
_PAGE: Final = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox checkout</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 2rem auto; padding: 0 1rem; color: #1c2333 }
h1 { font-size: 2rem; margin: .2rem 0 } p.note { color: #5c667a } label { display: block; padding: .3rem 0 }
button { font: inherit; padding: .7rem 1.2rem; border: 0; border-radius: .4rem; margin-right: .5rem; cursor: pointer }
button.yes { background: #1a6b3c; color: #fff } p.bad { color: #a3271d }
</style></head><body>
<p class="note">Sandbox of a payment gateway: no money moves.</p>
<p>{{ link.description }}</p><h1>{{ amount }}</h1>
{% if problem %}<p class="bad">{{ problem }}</p>{% endif %}
{% if link.status == "created" %}
<form method="post" action="/i/{{ link.id }}">
{% for value, name in methods.items() %}
<label><input type="radio" name="method" value="{{ value }}"{% if loop.first %} checked{% endif %}> {{ name }}</label>
{% endfor %}
<p><button class="yes" name="outcome" value="success">Pay {{ amount }}</button>
<button name="outcome" value="failure">Let it fail</button></p>
</form>
{% elif link.status == "paid" %}<p>This link is already paid. Thank you.</p>
{% else %}<p>This link is {{ link.status }}.</p>{% endif %}
</body></html>
""")


def _page(link: dict[str, Any], problem: str = "", status: int = 200) -> HTMLResponse:
    amount = format_inr(Decimal(link["amount"]) / 100)
    return HTMLResponse(_PAGE.render(link=link, amount=amount, methods=METHODS, problem=problem), status)


def routes(razorpay: Razorpay) -> APIRouter:
    """The page and its form."""
    router = APIRouter(tags=["checkout"])

    @router.get("/i/{link_id}")
    async def show(link_id: str) -> Response:
        """What is to be paid, and the form that pays it."""
        link = razorpay.current(link_id)
        return _page(link) if link else HTMLResponse("<p>There is no such payment link.</p>", 404)

    @router.post("/i/{link_id}")
    async def pay(link_id: str, request: Request) -> Response:
        """Try to pay; on success the customer goes back to the merchant."""
        fields = await razorpay.world.form(request)
        link = razorpay.current(link_id)
        if link is None:
            return HTMLResponse("<p>There is no such payment link.</p>", 404)
        method = fields.get("method", "upi")
        if link["status"] != "created" or method not in METHODS:
            return _page(link, status=400)
        success = fields.get("outcome") != "failure"
        payment = razorpay.pay(link, method, success)
        if not success:
            return _page(link, "The payment failed: your bank declined it. You can try again.")
        if not link["callback_url"]:
            return _page(link)
        mark = "&" if "?" in link["callback_url"] else "?"
        query = urlencode(razorpay.callback_parameters(link, payment))
        return RedirectResponse(f"{link['callback_url']}{mark}{query}", 302)

    return router
