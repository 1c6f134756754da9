"""Public pages: one layout, one style, thirteen languages; no script, nothing from elsewhere, nothing kept.

A module has a folder with its templates, each of which begins with `{% extends "layout.html" %}`, and gettext catalogues
(`locale/<language>/<domain>.po`), English being the key. What a catalogue lacks stays English.
"""

from py360.kit.pages.languages import LANGUAGES, Language
from py360.kit.pages.render import Page, Pages, notice

__all__ = ["LANGUAGES", "Language", "Page", "Pages", "notice"]
