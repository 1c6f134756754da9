"""The HTTP face of identity."""

from py360.kit.http import Router
from py360.modules.identity.routes import auth, clients, lists, pages, users

router = Router()
router.add(auth.router, users.router, clients.router, lists.router, pages.router)
