"""What other modules may call: the records that documents belong to."""

from py360.modules.servicing.queries import ENTITIES

__all__ = ["ENTITIES"]
