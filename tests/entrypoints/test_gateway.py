"""The gateway's configuration, tried on a real NGINX in front of two services."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from py360.entrypoints.gateway import configuration, paths

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
needs_nginx = pytest.mark.skipif(
    NGINX is None and not os.environ.get("PY360_CI"), reason="NGINX is not installed (Debian: apt-get install nginx)"
)


class Service(BaseHTTPRequestHandler):
    """Answers with the port it listens on and what reached it."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _answer(self, body: bytes) -> None:
        seen = {
            "port": self.server.server_address[1],
            "path": self.path,
            "headers": dict(self.headers),
            "body": len(body),
        }
        answer = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def service() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@contextmanager
def nginx(folder: Path, conf: str, port: int) -> Iterator[None]:
    folder.joinpath("py360.conf").write_text(conf)
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/py360.conf; }}\n"
    )
    process = subprocess.Popen([str(NGINX), "-c", str(main), "-p", str(folder)])
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
    yield
    process.terminate()
    process.wait(10)


@needs_nginx
def test_every_path_goes_to_the_service_that_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with service() as everything, service() as identity:
        conf = configuration(f"127.0.0.1:{everything}", [f"identity=127.0.0.1:{identity}"], f"127.0.0.1:{port}")
        with nginx(tmp_path, conf, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            for path in paths("identity"):
                real = path.replace("{", "").replace("}", "")
                assert http.get(real).json()["port"] == identity, path
            for path in paths("cases"):
                real = path.replace("{", "").replace("}", "")
                assert http.get(real).json()["port"] == everything, path
            assert http.get("/api/health").json()["port"] == everything
            assert http.post("/api/upload/file", content=b"x" * (3 << 20)).json()["body"] == 3 << 20
            socketed = http.get("/ws", headers={"Connection": "Upgrade", "Upgrade": "websocket"}).json()["headers"]
            assert (socketed["Connection"], socketed["Upgrade"]) == ("upgrade", "websocket")
            assert socketed["Host"] == f"127.0.0.1:{port}"


def test_a_service_that_is_not_one_is_refused() -> None:
    with pytest.raises(ValueError, match="is not module=host:port"):
        configuration("127.0.0.1:8360", ["identity"])
    with pytest.raises(ValueError, match="nonsense"):
        configuration("127.0.0.1:8360", ["nonsense=127.0.0.1:1"])
