"""The routers of cases: their routes stand in a row, so that finding one takes one pass."""

from fastapi import APIRouter

from py360.kit.http import LeanRoute

router = APIRouter()
# The tracking list, which every open window asks for again and again: matched first.
hot_router = APIRouter(route_class=LeanRoute)
