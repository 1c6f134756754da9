"""The gateway: stock NGINX that routes by path. Its configuration is written from the route table."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from fastapi.routing import iter_route_contexts

from py360.entrypoints import wiring
from py360.entrypoints.http_server import BODY_SECONDS, HEAD_BYTES, HEAD_SECONDS, WRITE_SECONDS
from py360.kit.http.routes import MAX_BODY, Route

_KEEP_SECONDS: Final = 10  # less than the API keeps a connection: it never hangs up on a request of ours
_HEAD: Final = """# Written by `py360 gateway-config`: which service has which path. Do not edit; write it again.
# Set PY360_TRUSTED_PROXIES of every API to the address of this gateway (127.0.0.1 on the same machine): without it all
# requests seem to come from here, and limits per network address count them together.
{upstreams}
map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
map "$scheme $http_x_forwarded_proto" $hsts {{ ~https "max-age=31536000; includeSubDomains"; default ''; }}

server {{
  listen {listen};
  server_tokens off;
  add_header Strict-Transport-Security $hsts always;
  # The API's own limits, held here first.
  client_max_body_size {body};
  large_client_header_buffers 4 {header};
  client_header_timeout {head_seconds}s;
  client_body_timeout {body_seconds}s;
  send_timeout {send_seconds}s;
  reset_timedout_connection on;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_read_timeout 120s;

{locations}
  location / {{ proxy_pass http://py360; }}
}}
"""


def paths(module: str) -> dict[str, int]:
    """The paths a module serves, longest first, with the most bytes of a body there."""
    found: dict[str, int] = {}
    for context in iter_route_contexts([route for _, route in wiring.routes([module])]):
        limit = context.original_route.body_limit if isinstance(context.original_route, Route) else 0
        found[str(context.path)] = max(limit, found.get(str(context.path), 0))
    return dict(sorted(found.items(), key=lambda each: (-each[0].count("/"), each[0])))


def _location(path: str, upstream: str, limit: int) -> str:
    """Where a path goes. What is larger than other bodies is passed on as it comes, and not kept here first."""
    large = f"client_max_body_size {limit >> 20}m; proxy_request_buffering off; " if limit > MAX_BODY else ""
    return f'  location ~ "{_pattern(path)}" {{ {large}proxy_pass http://{upstream}; }}'


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
    keep = f"keepalive 32; keepalive_timeout {_KEEP_SECONDS}s;"
    upstreams = [f"upstream py360 {{ server {default}; {keep} }}"]
    serving = dict.fromkeys(wiring.MODULES, "py360")
    for number, (address, modules) in enumerate(own.items(), 1):
        upstreams.append(f"upstream py360_{number} {{ server {address}; {keep} }}  # {', '.join(modules)}")
        serving |= dict.fromkeys(modules, f"py360_{number}")
    # Every module's paths, the fixed ones first: NGINX takes the first that matches, as the application does. With one
    # service only those with a limit of their own.
    routed = [(path, upstream, limit) for module, upstream in serving.items() for path, limit in paths(module).items()]
    ordered = sorted(routed, key=lambda route: route[0].count("{"))
    return _HEAD.format(
        upstreams="\n".join(upstreams),
        listen=listen,
        body=f"{MAX_BODY >> 20}m",
        header=f"{HEAD_BYTES >> 12}k",
        head_seconds=HEAD_SECONDS,
        body_seconds=BODY_SECONDS,
        send_seconds=WRITE_SECONDS,
        locations="\n".join(_location(*route) for route in ordered if own or route[2] > MAX_BODY) + "\n",
    )
