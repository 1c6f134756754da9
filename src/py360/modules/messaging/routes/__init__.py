"""The HTTP face of messaging."""

from fastapi import APIRouter

from py360.modules.messaging.routes import communication, providers, templates, tracking, webhooks

router = APIRouter()
for part in (templates, communication, providers, webhooks, tracking):
    router.include_router(part.router)

root_router = webhooks.alias  # `/webhook`, the specification's path, stands outside /api
