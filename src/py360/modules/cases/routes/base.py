"""The one router of cases: its routes stand in a row, so that finding one takes one pass."""

from fastapi import APIRouter

router = APIRouter()
