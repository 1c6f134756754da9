"""The router that this module's routes share."""

from fastapi import APIRouter

router = APIRouter()
