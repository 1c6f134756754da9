"""What other modules may call.

A module whose records have documents registers them in `wiring`: `files.use_entity("claim", ("claims",), claims.file_entity)`.
It may store a document itself, such as an attachment or what a customer sent, with `recognise` or `receive` and `store`; lists
those of a record with `files_of`; and subscribes to `FileAdded` and `FileRemoved`.
"""

from py360.modules.files.entities import Entity, FindEntity, use_entity
from py360.modules.files.queries import StoredFile, files_of
from py360.modules.files.service import Document, Incoming, receive, recognise, store

__all__ = [
    "Document",
    "Entity",
    "FindEntity",
    "Incoming",
    "StoredFile",
    "files_of",
    "receive",
    "recognise",
    "store",
    "use_entity",
]
