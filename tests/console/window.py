"""A window of a real browser in which somebody has signed in, and what is wrong with what it shows."""

import re
import shutil
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect

from tests.installation import Installation

CHROMIUM: Final = shutil.which("chromium-headless-shell") or shutil.which("chromium") or ""
AXE: Final = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()
EMAIL, PASSWORD = "admin@py360.local", "correct horse battery staple"
PATIENCE: Final = 90_000  # what a busy machine may take, in milliseconds
# WCAG 2.2 AA. None of these rules reads style sheets, so axe does not fetch them.
AXE_RUN: Final = """axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
    preload: { assets: ["media"] },
})"""
# A refusal that the test provokes; the driver's own script, which does not run in the frame of a mail.
EXPECTED: Final = re.compile(r"status of (401|409|412|422)|Blocked script execution in")
# Nobody clicks on what is not there yet, but the driver does: a page shows itself when its scripts have run.
SHOWN_WHEN_READY: Final = """
    const hidden = new CSSStyleSheet();
    hidden.replaceSync(":root { visibility: hidden }");
    document.adoptedStyleSheets = [hidden];
    document.addEventListener("DOMContentLoaded", () => { document.adoptedStyleSheets = []; });
"""
expect.set_options(timeout=PATIENCE)


class Window:
    """A window in which the administrator has signed in; what its console complained of."""

    def __init__(self, chromium: Browser, installation: Installation, **options: object) -> None:
        self.context = chromium.new_context(base_url=f"http://127.0.0.1:{installation.port}", **options)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(SHOWN_WHEN_READY)
        self.complaints: list[str] = []
        self.context.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        self.context.on("weberror", lambda error: self._note(str(error.error)))
        self.page: Page = self.context.new_page()
        self.page.goto("/")
        self.page.get_by_label("E-mail").fill(EMAIL)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/console/dashboard")

    def _note(self, text: str) -> None:
        if not EXPECTED.search(text):
            self.complaints.append(text)

    def close(self) -> None:
        """Close it; there was nothing to complain of but the refusals that the test provoked."""
        self.context.close()
        assert self.complaints == []


def axe(page: Page) -> list[str]:
    """What axe finds wrong with a page, by WCAG 2.2 AA."""
    page.evaluate(AXE)
    found = page.evaluate(AXE_RUN)
    return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in found["violations"]]
