"""The HTTP face of organization."""

from py360.modules.organization.routes import channels, hierarchy, performance
from py360.modules.organization.routes.base import router

__all__ = ["channels", "hierarchy", "performance", "router"]
