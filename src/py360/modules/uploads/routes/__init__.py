"""The HTTP face of uploads."""

from py360.modules.uploads.routes import files, tus
from py360.modules.uploads.routes.base import router

__all__ = ["files", "router", "tus"]
