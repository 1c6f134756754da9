"""The HTTP face of messaging."""

from fastapi import APIRouter

from py360.modules.messaging.routes import communication, providers, templates, tracking, webhooks

router = APIRouter()
for part in (templates, communication, providers):
    router.include_router(part.router)

hot_router = APIRouter()  # vendors and readers call these thousands of times a minute
for busy in (webhooks, tracking):
    hot_router.include_router(busy.router)

root_router = webhooks.alias  # `/webhook`, the specification's path, stands outside /api
