"""The gateway: stock NGINX that routes by path. Its configuration is written from the route table (house, section 4)."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from fastapi.routing import iter_route_contexts

from py360.entrypoints import wiring

BODY_LIMIT: Final = "1100m"  # the largest text file we take, with its multipart envelope

_HEAD: Final = """# Written by `py360 gateway-config`: which service has which path. Do not edit; write it again.
# Set PY360_TRUSTED_PROXIES of every API to the address of this gateway (127.0.0.1 on the same machine): without it all
# requests seem to come from here, and limits per network address count them together.
{upstreams}
map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}

server {{
  listen {listen};
  client_max_body_size {limit};
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
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
    routes = [route for _, route in wiring.routes([module])]
    found = {str(route.path) for route in iter_route_contexts(routes)}
    return sorted(found, key=lambda path: (-path.count("/"), path))


def _pattern(path: str) -> str:
    """The path as NGINX matches it: a parameter is anything up to the next slash."""
    return "^" + re.sub(r"\\{[^}:]+(:path)?\\}", lambda found: ".+" if found[1] else "[^/]+", re.escape(path)) + "$"


def configuration(default: str, services: Sequence[str], listen: str = "80") -> str:
    """NGINX's configuration. `services`: `module=host:port` for each module that runs on its own; ValueError otherwise."""
    own: dict[str, list[str]] = defaultdict(list)
    for service in services:
        names, _, address = service.partition("=")
        if not names or not address:
            raise ValueError(f"“{service}” is not module=host:port")
        own[address] += wiring.check_modules(names.split(","))
    upstreams = [f"upstream py360 {{ server {default}; keepalive 32; }}"]
    serving = dict.fromkeys(wiring.MODULES, "py360")
    for number, (address, modules) in enumerate(own.items(), 1):
        upstreams.append(f"upstream py360_{number} {{ server {address}; keepalive 32; }}  # {', '.join(modules)}")
        serving |= dict.fromkeys(modules, f"py360_{number}")
    # Every module's paths, the fixed ones first: NGINX takes the first that matches, as the application does.
    routed = [(path, upstream) for module, upstream in serving.items() for path in paths(module)] if own else []
    ordered = [
        f'  location ~ "{_pattern(path)}" {{ proxy_pass http://{upstream}; }}'
        for path, upstream in sorted(routed, key=lambda route: route[0].count("{"))
    ]
    return _HEAD.format(
        upstreams="\n".join(upstreams),
        listen=listen,
        limit=BODY_LIMIT,
        locations="\n".join(ordered) + "\n" if ordered else "",
    )
