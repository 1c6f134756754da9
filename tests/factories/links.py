"""Links in messages."""


def path(url: str) -> str:
    """The path of one of our addresses."""
    return "/api/" + url.partition("/api/")[2]
