"""Opens and clicks that no person made: link scanners, prefetchers, crawlers. A simple rule: what identifies itself as one."""

import re
from collections.abc import Mapping
from typing import Final

_PREFETCH: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_SCANNER = re.compile(
    r"bot\b|crawler|spider|scanner|barracuda|proofpoint|mimecast|safelinks|trendmicro|symantec|sophos|fortinet|"
    r"whatsapp/|facebookexternalhit|telegrambot|slackbot|curl/|wget/|python-requests|headlesschrome",
    re.IGNORECASE,
)


def is_machine(headers: Mapping[str, str]) -> bool:
    """Whether a request says that it is a prefetch, or comes from a known scanner or link previewer."""
    if any("prefetch" in headers.get(name, "").lower() for name in _PREFETCH):
        return True
    return bool(_SCANNER.search(headers.get("user-agent", "")))
