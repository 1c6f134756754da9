"""Every route of the console, in one router; an area adds its own here."""

from py360.console import assets, bridge
from py360.console.pages import (
    account,
    administration,
    campaigns,
    cases,
    compliance,
    components,
    customers,
    dashboard,
    payments,
    sandbox,
    sign_in,
    templates,
    uploads,
)
from py360.kit.http import Router

router = Router("", include_in_schema=False)
router.add(assets.router, bridge.router, sign_in.router, account.router, components.router)
router.add(dashboard.router, uploads.router, cases.router)
router.add(campaigns.router, templates.router, sandbox.router)
router.add(customers.router, compliance.router, administration.router, payments.router)
