"""The HTTP face of identity."""

from fastapi import APIRouter

from py360.modules.identity.routes import auth, clients, users

router = APIRouter()
router.include_router(auth.router)
router.include_router(users.router)
router.include_router(clients.router)
