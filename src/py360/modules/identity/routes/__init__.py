"""The HTTP face of identity."""

from fastapi import APIRouter

from py360.modules.identity.routes import auth, clients, reset_page, users

router = APIRouter()
router.include_router(auth.router)
router.include_router(users.router)
router.include_router(clients.router)

root_router = reset_page.router  # people open it from a letter: outside /api
