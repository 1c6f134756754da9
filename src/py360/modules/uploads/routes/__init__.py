"""The HTTP face of uploads."""

from py360.modules.uploads.routes import chunks, files, tus
from py360.modules.uploads.routes.base import router

__all__ = ["chunks", "files", "router", "tus"]
