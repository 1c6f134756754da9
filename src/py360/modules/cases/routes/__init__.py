"""The HTTP face of cases."""

from py360.modules.cases.routes import bulk, exports, lists, one
from py360.modules.cases.routes.base import router

# Imported in this order they stand in this order: the fixed addresses (bulk, exports, lists) before `/cases/{case}`.
__all__ = ["bulk", "exports", "lists", "one", "router"]
