"""The HTTP face of campaigns."""

from py360.modules.campaigns.routes.campaigns import router

__all__ = ["router"]
