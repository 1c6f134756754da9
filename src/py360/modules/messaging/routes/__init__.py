"""The HTTP face of messaging."""

from fastapi import APIRouter

from py360.modules.messaging.routes import communication, tracking, webhooks

router = APIRouter()
router.include_router(communication.router)

hot_router = APIRouter()  # vendors and readers call these thousands of times a minute
for busy in (webhooks, tracking):
    hot_router.include_router(busy.router)

root_router = webhooks.alias  # `/webhook`, the specification's path, stands outside /api
