"""`make screenshots`: the three pictures of the README, of an installation that the demo has filled.

Takes the address of a running installation, or starts one of its own and waits for its demo (some minutes).
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.installation import CHECKOUT, START_SECONDS, Installation

IMAGES = CHECKOUT / "docs" / "images"
PICTURES = {
    "dashboard": "/console/dashboard",
    "campaign": "/console/campaigns/campaign-1",
    "sandbox": "/console/sandbox?channel=email",
}
SIZE = {"width": 1360, "height": 850}
SETTLED_MS = 2_500  # charts are drawn, the mail in its frame
DEMO_SECONDS = 600


def take(address: str, password: str) -> None:
    """Take the pictures of a running installation."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(base_url=address, viewport=SIZE, device_scale_factor=1.5, color_scheme="light")
        page.goto("/console/sign-in")
        page.get_by_label("E-mail").fill("admin@py360.local")
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/dashboard")
        page.get_by_role("button", name="Close the tour").click()
        page.get_by_text("Closed. Your profile shows it again.").wait_for()
        for name, path in PICTURES.items():
            page.goto(path)
            page.wait_for_timeout(SETTLED_MS)
            page.screenshot(path=IMAGES / f"console-{name}.png")
        chromium.close()


def main() -> None:
    """Take the pictures, of the installation at the given address or of one made for it."""
    password = os.environ.get("PY360_ADMIN_PASSWORD", "correct horse battery staple")
    if len(sys.argv) > 1:
        take(sys.argv[1], password)
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Installation(Path(folder), PY360_ADMIN_PASSWORD=password, PY360_DEMO="1")
        try:
            made.start(START_SECONDS)
            made.wait_for("Everything adds up", DEMO_SECONDS)
            take(f"http://127.0.0.1:{made.port}", password)
        finally:
            made.stop()


if __name__ == "__main__":
    main()
