"""The HTTP face of claims."""

from py360.modules.claims.routes import public, single, work
from py360.modules.claims.routes.base import router

__all__ = ["public", "router", "single", "work"]
