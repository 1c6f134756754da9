"""The HTTP face of the assistant."""

from py360.kit.http import Router
from py360.modules.assistant.routes import answers, emails, keys, knowledge, settings

router = Router()
router.add(answers.router, emails.router, settings.router, knowledge.router, keys.router, keys.root_router)
