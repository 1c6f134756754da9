"""The HTTP face of the assistant."""

from py360.kit.http import Router
from py360.modules.assistant.routes import answers, knowledge, settings

router = Router()
router.add(answers.router, settings.router, knowledge.router)
