"""The HTTP face of payments."""

from py360.modules.payments.routes import (
    approvals,
    gateways,
    instalments,
    ledger,
    mandate_page,
    mandates,
    office,
    page,
    statements,
)
from py360.modules.payments.routes.base import router

# The order of import is the order of the routes.
__all__ = [
    "approvals",
    "gateways",
    "instalments",
    "ledger",
    "mandate_page",
    "mandates",
    "office",
    "page",
    "router",
    "statements",
]
