"""The play page in headless Chromium, with WebGL in software, against the reference's formulas in NumPy."""

import gzip
import json
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from bench.figures import Figure, seconds
from bench.reference_editing import edit
from tests.browser.chromium import running_chromium

FRONTEND = Path(__file__).parents[1] / "frontend"
SIZE = (1024, 683)
FILTERS = ("exposure", "gamma", "white_balance", "contrast", "tone")
RUNS = 15
AGAINST = "four steps by the 2018 formulas in NumPy at 500 x 333, one core"


def measure() -> dict[str, Figure]:
    """A redraw of the whole photo and of the part seen when it is near, and the size of the page's JavaScript."""
    whole, near = _measure_redraws()
    note = "slider input to drawn frame, 1024 x 683, five steps, WebGL in software; wall time, the fastest of each"
    compressed = len(gzip.compress((FRONTEND / "dist" / "play.js").read_bytes(), 9))
    return {
        "browser.redraw_over_reference": Figure(whole, "x", AGAINST, note),
        "browser.redraw_zoomed_over_reference": Figure(
            near, "x", AGAINST, "the same at 200 %: of the photo's 2048 x 1366 the 1024 x 683 that are seen"
        ),
        "browser.js_kb_gzip": Figure(compressed / 1000, "kB", "nothing", "all JavaScript of the play page"),
    }


def _measure_redraws() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, running_chromium() as browser:
        subprocess.run(["node", FRONTEND / "build.js", "harness", folder], check=True, cwd=FRONTEND)
        page = browser.new_page(viewport={"width": 1400, "height": 950})
        wanted = {"size": SIZE, "filters": FILTERS}
        page.add_script_tag(content=f"window.wanted = {json.dumps(wanted)}")
        page.add_style_tag(content=(Path(folder) / "stand.css").read_text(encoding="utf-8"))
        page.add_script_tag(content=(Path(folder) / "stand.js").read_text(encoding="utf-8"), type="module")
        page.wait_for_function("() => window.stand !== undefined")
        whole = _ratio(page)
        page.evaluate("stand.zoom(2)")
        near = _ratio(page)
    return whole, near


def _ratio(page: Page) -> float:
    """The fastest redraw over the fastest edit in NumPy, of runs in turn: what else the machine does slows both."""
    _redraw(page, 0)
    if (size := tuple(page.evaluate("stand.size()"))) != SIZE:
        raise RuntimeError(f"the page drew {size[0]} x {size[1]} pixels, not {SIZE[0]} x {SIZE[1]}")
    ours, theirs = zip(*((_redraw(page, run), seconds(edit, time.perf_counter)) for run in range(RUNS)), strict=True)
    return float(min(ours) / min(theirs))


def _redraw(page: Page, run: int) -> float:
    """Seconds from the input of a slider to the drawn frame."""
    return float(page.evaluate("share => stand.redraw('ev', share)", 0.6 + 0.02 * (run % 2))) / 1000
