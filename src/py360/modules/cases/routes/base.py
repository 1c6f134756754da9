"""The routers of cases: their routes stand in a row, so that finding one takes one pass."""

from fastapi import APIRouter

router = APIRouter()
hot_router = APIRouter()  # the tracking list, which every open window asks for again and again: matched first
