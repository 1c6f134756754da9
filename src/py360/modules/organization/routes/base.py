"""The router that this module's routes share."""

from py360.kit.http import Router

router = Router()
