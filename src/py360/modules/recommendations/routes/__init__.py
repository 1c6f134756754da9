"""The HTTP face of recommendations."""

from py360.kit.http import Router
from py360.modules.recommendations.routes import policies, predictions

router = Router()
router.add(policies.router, predictions.router)
