"""The gateway: stock NGINX that routes by path. Its configuration is written from the route table (house, section 4)."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from py360.entrypoints import wiring

BODY_LIMIT: Final = "1100m"  # the largest text file we take, with its multipart envelope

_HEAD: Final = """# Written by `py360 gateway-config`: which service has which path. Do not edit; write it again.
{upstreams}
map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}

server {{
  listen 80;
  client_max_body_size {limit};
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_request_buffering off;
  proxy_read_timeout 120s;

{locations}
  location / {{ proxy_pass http://py360; }}
}}
"""


def paths(module: str) -> list[str]:
    """The paths a module serves, longest first."""
    found: list[str] = []
    for name, router in wiring.routers([module]):
        found += [f"/api{route.path}" for route in router.routes if name == module]  # type: ignore[attr-defined]  # every route has a path
    for name, router in wiring.root_routers([module]):
        found += [route.path for route in router.routes if name == module]  # type: ignore[attr-defined]  # every route has a path
    return sorted(set(found), key=lambda path: (-path.count("/"), path))


def _pattern(path: str) -> str:
    """The path as NGINX matches it: a parameter is anything up to the next slash."""
    return "^" + re.sub(r"\\{[^}:]+(:path)?\\}", lambda found: ".+" if found[1] else "[^/]+", re.escape(path)) + "$"


def configuration(default: str, services: Sequence[str]) -> str:
    """NGINX's configuration. `services`: `module=host:port` for each module that runs on its own; ValueError otherwise."""
    own: dict[str, list[str]] = defaultdict(list)
    for service in services:
        names, _, address = service.partition("=")
        if not names or not address:
            raise ValueError(f"“{service}” is not module=host:port")
        own[address] += wiring.check_modules(names.split(","))
    upstreams = [f"upstream py360 {{ server {default}; keepalive 32; }}"]
    locations: list[tuple[int, str]] = []
    for number, (address, modules) in enumerate(own.items(), 1):
        name = f"py360_{number}"
        upstreams.append(f"upstream {name} {{ server {address}; keepalive 32; }}  # {', '.join(modules)}")
        for path in (path for module in modules for path in paths(module)):
            fixed = path.count("{")
            locations.append((fixed, f"  location ~ {_quoted(_pattern(path))} {{ proxy_pass http://{name}; }}"))
    ordered = [line for _, line in sorted(locations, key=lambda entry: entry[0])]
    return _HEAD.format(
        upstreams="\n".join(upstreams), limit=BODY_LIMIT, locations="\n".join(ordered) + "\n" if ordered else ""
    )


def _quoted(pattern: str) -> str:
    return f'"{pattern}"'
