"""The HTTP face of compliance."""

from py360.kit.http import Router
from py360.modules.compliance.routes import registry, reports

router = Router()
router.add(registry.router, reports.router)
