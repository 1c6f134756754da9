"""The HTTP face of messaging."""

from py360.kit.http import Router
from py360.modules.messaging.routes import communication, tracking, webhooks

router = Router()
router.add(webhooks.router, webhooks.alias, tracking.router, communication.router)
