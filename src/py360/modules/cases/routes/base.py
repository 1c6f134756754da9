"""The routers of cases: their routes stand in a row, so that finding one takes one pass."""

from fastapi import APIRouter

from py360.kit.http import LeanRoute

router = APIRouter()
# The tracking list, which every open window asks for again and again: matched first.
lean_router = APIRouter(prefix="/api", tags=["cases"], route_class=LeanRoute)
