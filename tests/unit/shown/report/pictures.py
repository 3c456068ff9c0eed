"""Make the README's pictures of the report from the demonstration. Needs Chromium."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from xlkpi.cli.demo import run_demo

FOLDER = Path(__file__).parents[4] / "workbooks" / "report"


def main() -> None:
    """Its head, and a dealer's page."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        demo = run_demo(Path(place))
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1080, "height": 830})
        page.goto((demo.folder / "out" / "report.html").as_uri())
        page.screenshot(path=FOLDER / "overview.png", clip={"x": 0, "y": 0, "width": 1080, "height": 830})
        page.click("tr[data-key=D010] [data-open]")
        page.wait_for_selector("#dealer[open]")
        page.set_viewport_size({"width": 1080, "height": 560})
        page.screenshot(path=FOLDER / "dealer.png")
        browser.close()


if __name__ == "__main__":
    main()
