"""Every route of the console, in one router; an area adds its own here."""

from typing import Annotated

from fastapi import Depends, Response

from py360.console import assets, bridge
from py360.console.pages import (
    account,
    administration,
    assistant,
    billing,
    components,
    dashboard,
    organization,
    search,
    service,
    sign_in,
)
from py360.console.pages.messages import (
    audiences,
    bulk_mail,
    campaigns,
    compliance,
    inbox,
    mailboxes,
    sandbox,
    templates,
)
from py360.console.pages.renewals import (
    cases,
    claims,
    customers,
    payments,
    policies,
    recommendations,
    reconciliation,
    rules,
    uploads,
)
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.errors import NotFound
from py360.kit.http import Router

router = Router("", include_in_schema=False)
router.add(assets.router, bridge.router, sign_in.router, account.router, components.router)
router.add(dashboard.router, uploads.router, cases.router)
router.add(campaigns.router, templates.router, sandbox.router)
router.add(customers.router, compliance.router, administration.router, payments.router)
router.add(claims.router, inbox.router, mailboxes.router, recommendations.router, assistant.router)
router.add(service.router, reconciliation.router, organization.router)
router.add(policies.router, bulk_mail.router, rules.router)
router.add(audiences.router, billing.router, search.router)

elsewhere = PageRouter()


@elsewhere.get("/{path:path}")
async def nowhere(visit: Annotated[Visit, Depends(VisitWith())], path: str) -> Response:
    """Any other address: a page that says so, with the menu."""
    raise NotFound("There is no page at this address. Choose one from the menu.")


router.add(elsewhere)
