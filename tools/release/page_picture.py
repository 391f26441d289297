"""Take the picture of the page for the README: teach it three digits in Chromium.

python -m tools.page
python -m tools.release.page_picture                       # -> tinycl/docs/page.png
python -m tools.release.page_picture --width 360 --light -o FILE.png
"""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

from tinycl.page.server import PageServer
from tools.command import command_line, tool

FILE = Path(__file__).resolve().parents[2] / "tinycl" / "docs" / "page.png"
_STROKES = {
    "one": [(0.42, 0.25), (0.52, 0.15), (0.5, 0.85)],
    "three": [(0.3, 0.2), (0.65, 0.2), (0.45, 0.45), (0.7, 0.65), (0.55, 0.85), (0.3, 0.8)],
    "seven": [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)],
}
_TIMES = 6


@tool("picture")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("-o", "--output", type=Path, default=FILE, metavar="FILE")
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    parser.add_argument("--light", action="store_true", help="the light colours")
    parser.add_argument("--browser", default="/usr/bin/chromium", metavar="FILE")
    options = parser.parse_args(words)
    server = PageServer()
    threading.Thread(target=server.run, daemon=True).start()
    try:
        _take(server.url, options.output, options.width, options.light, options.browser)
    finally:
        server.close()
    print(f"picture: {options.output.name}, {options.output.stat().st_size} bytes")
    return 0


def _take(url: str, file: Path, width: int, is_light: bool, browser: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        colours = "light" if is_light else "dark"
        page = chromium.new_page(
            viewport={"width": width, "height": 800}, color_scheme=colours, reduced_motion="reduce"
        )
        page.goto(url)
        find = page.get_by_test_id
        for place, name in enumerate(_STROKES):
            find("class-add").click()
            find("class-name").nth(place).fill(name)
            for i in range(_TIMES):
                _draw(page, name, i)
                find("sample-add").nth(place).click()
        _draw(page, "three", 2)
        expect(find("predict")).to_have_text("three", timeout=60_000)
        expect(find("fingerprint")).to_have_text(re.compile("[0-9a-f]{8}"), timeout=60_000)
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=file, full_page=True)
        chromium.close()


def _draw(page: object, name: str, number: int) -> None:
    """Draw a digit, each time a little otherwise."""
    from playwright.sync_api import Page

    assert isinstance(page, Page)
    page.get_by_test_id("clear").click()
    canvas = page.get_by_test_id("draw")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    for i, (x, y) in enumerate(_STROKES[name]):
        lean = 0.03 * (number - 2.5) * (0.5 - y)
        at = box["x"] + (x + lean) * box["width"], box["y"] + y * box["height"]
        page.mouse.move(*at, steps=4 if i else 1)
        if not i:
            page.mouse.down()
    page.mouse.up()


if __name__ == "__main__":
    sys.exit(main())
