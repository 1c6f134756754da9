"""The HTTP face of payments."""

from py360.modules.payments.routes import gateways, ledger, office, page
from py360.modules.payments.routes.base import router

# The order of import is the order of the routes.
__all__ = ["gateways", "ledger", "office", "page", "router"]
