"""What every request to Stripe shares: the key, idempotency, and expanded objects (docs.stripe.com/api)."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Request, Response

from py360.kit.wire import dumps
from py360.sandbox.stripe.account import Stripe
from py360.sandbox.stripe.errors import no


def as_json(body: dict[str, Any]) -> Response:
    """An answer."""
    return Response(dumps(body), media_type="application/json")


class Requests:
    """Requests to one account."""

    def __init__(self, stripe: Stripe) -> None:
        self.stripe = stripe

    async def guard(self, request: Request) -> None:
        """Refuse a request without the key."""
        world = self.stripe.world
        bearer = request.headers.get("authorization", "") == f"Bearer {world.secret}"
        if not bearer and not world.knows(request):
            raise no("Invalid API Key provided.", status=401)

    def expanded(self, found: dict[str, Any], expand: Sequence[str]) -> dict[str, Any]:
        """The object with the objects it names, as far as they are asked for."""
        stripe = self.stripe
        names = {name.removeprefix("data.") for name in expand}
        copy = dict(found)
        if copy.get("payment_intent") and any(name.startswith("payment_intent") for name in names):
            copy["payment_intent"] = stripe.intent(copy["payment_intent"])
            if "payment_intent.latest_charge" in names and (charge := copy["payment_intent"]["latest_charge"]):
                copy["payment_intent"] |= {"latest_charge": stripe.charge(charge)}
        if "latest_charge" in names and copy.get("latest_charge"):
            copy["latest_charge"] = stripe.charge(copy["latest_charge"])
        if copy.get("setup_intent") and any(name.startswith("setup_intent") for name in names):
            copy["setup_intent"] = dict(stripe.known(copy["setup_intent"], "setup_intent"))
            if "setup_intent.mandate" in names and (mandate := copy["setup_intent"]["mandate"]):
                copy["setup_intent"]["mandate"] = stripe.known(mandate, "mandate")
        return copy

    async def once(self, request: Request, done: Callable[[dict[str, str]], dict[str, Any]]) -> Response:
        """A POST with an Idempotency-Key is done once; with other parameters the key is refused."""
        stripe = self.stripe
        form = await stripe.world.form(request)
        key, asked = request.headers.get("idempotency-key"), f"{request.url.path} {sorted(form.items())}"
        if key and (known := stripe.book.answered(key)):
            if known[0] != asked:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                raise no(message, kind="idempotency_error")
            return as_json(known[1])
        answer = self.expanded(done(form), [form.get("expand[]", "")])
        if key:
            stripe.book.keep_answer(key, asked, answer)
        return as_json(answer)
