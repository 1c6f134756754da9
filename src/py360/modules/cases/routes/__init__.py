"""The HTTP face of cases."""

from py360.modules.cases.routes import agents, bulk, calls, communications, exports, lists, renewals, single
from py360.modules.cases.routes.base import router

# The order of import is the order of the routes: the fixed addresses (bulk, exports, lists) before `/cases/{case}`.
__all__ = ["agents", "bulk", "calls", "communications", "exports", "lists", "renewals", "router", "single"]
