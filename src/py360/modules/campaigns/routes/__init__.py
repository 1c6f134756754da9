"""The HTTP face of campaigns."""

from py360.kit.http import Router
from py360.modules.campaigns.routes import audiences, campaigns

router = Router()
router.add(campaigns.router, audiences.router)

__all__ = ["router"]
