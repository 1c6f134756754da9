"""What other modules and the entry points may call."""

from py360.modules.claims.file_entities import claim_entity

__all__ = ["claim_entity"]
