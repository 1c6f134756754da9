"""Razorpay's API under /v1: payment links, payments and refunds."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from py360.sandbox.razorpay.account import Razorpay
from py360.sandbox.razorpay.answers import as_json, no


def routes(razorpay: Razorpay) -> APIRouter:
    """The API paths under /v1."""
    world = razorpay.world

    async def guard(request: Request) -> None:
        if not world.knows(request):
            raise no("Authentication failed", 401)

    async def link(link_id: str) -> dict[str, Any]:
        if found := razorpay.current(link_id):
            return found
        raise no("The id provided does not exist")

    async def payment(payment_id: str) -> dict[str, Any]:
        if found := razorpay.book.payment(payment_id):
            return found
        raise no("The id provided does not exist")

    known_link, known_payment = Depends(link), Depends(payment)
    router = APIRouter(prefix="/v1", tags=["razorpay"], dependencies=[Depends(guard)])

    @router.post("/payment_links")
    @router.post("/payment_links/", include_in_schema=False)
    async def create(request: Request) -> Response:
        """Make a link."""
        return as_json(razorpay.create(await world.json(request)))

    @router.get("/payment_links")
    @router.get("/payment_links/", include_in_schema=False)
    async def find(reference_id: str = "") -> Response:
        """Links by the merchant's reference."""
        found = razorpay.book.by_reference(reference_id)
        return as_json({"payment_links": [found] if found else []})

    @router.get("/payment_links/{link_id}")
    async def get(found: dict[str, Any] = known_link) -> Response:
        """One link with its payments."""
        return as_json(found)

    @router.post("/payment_links/{link_id}/cancel")
    async def cancel(found: dict[str, Any] = known_link) -> Response:
        """Take a link back."""
        razorpay.cancel(found)
        return as_json(found)

    @router.get("/payments/{payment_id}")
    async def get_payment(found: dict[str, Any] = known_payment) -> Response:
        """One payment."""
        return as_json(found)

    @router.get("/payments/{payment_id}/refunds")
    async def refunds(payment_id: str) -> Response:
        """The refunds of a payment."""
        items = razorpay.book.refunds(payment_id)
        return as_json({"entity": "collection", "count": len(items), "items": items})

    @router.post("/payments/{payment_id}/refund")
    async def refund(request: Request, found: dict[str, Any] = known_payment) -> Response:
        """Give money back."""
        return as_json(razorpay.refund(found, await world.json(request)))

    return router
