"""The HTTP face of customers and policies."""

from py360.modules.customers.routes import duplicates, picture, records, verification
from py360.modules.customers.routes.base import router

# The order of import is the order of the routes: `/policies/{policy}/members` before `/policies/{policy}`, whose number may
# have a slash.
__all__ = ["duplicates", "picture", "records", "router", "verification"]
