"""The HTTP face of analytics."""

from py360.modules.analytics.routes import dashboard, metrics
from py360.modules.analytics.routes.base import router

__all__ = ["dashboard", "metrics", "router"]
