"""The router that this module's routes share."""

from py360.kit.http import Router

MAX_FILE = 1100 << 20  # bytes: the largest text file we take, with its multipart envelope
router = Router()
