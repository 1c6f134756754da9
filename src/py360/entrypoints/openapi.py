"""Writes the description of the API, for clients and for review: `make openapi`."""

import json

from py360.entrypoints.api import build_app
from py360.kit.settings import Settings


def description() -> str:
    """The OpenAPI document of the whole application, one line per fact, so that a change can be read."""
    app = build_app(Settings(_env_file=None))
    return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(description(), end="")
