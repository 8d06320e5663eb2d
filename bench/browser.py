"""The play page in headless Chromium, with WebGL in software, against the reference's formulas in NumPy."""

import gzip
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page

from bench.figures import Figure
from bench.reference_editing import timed_edit
from tests.browser.chromium import running_chromium

FRONTEND = Path(__file__).parents[1] / "frontend"
SIZE = (1024, 683)
FILTERS = ("exposure", "gamma", "white_balance", "contrast", "tone")
RUNS = 15
REFERENCE = "four steps by the 2018 formulas in NumPy at 500 x 333, one core"
REDRAW = "slider input to drawn frame, 1024 x 683, five steps, WebGL in software; wall time, the fastest of each"
INPUTS, DRAGS = 100, 5
STEADINESS = (
    f"the 95th percentile of {INPUTS} inputs of a slider, one a frame, the histogram following; "
    f"the steadiest of {DRAGS} drags; from when an input is due to its frame drawn"
)
ZOOMED = "the same at 200 %: of the photo's 2048 x 1366 the 1024 x 683 that are seen"


def measure() -> dict[str, Figure]:
    """Measure redraws of the whole photo and of the part seen when it is near, and the size of the JavaScript."""
    with _harness() as page, timed_edit(warm=False) as fresh, timed_edit(warm=True) as warm:
        figures = _redraw_figures(page, "redraw", REDRAW, fresh, warm)
        page.evaluate("stand.zoom(2)")
        figures |= _redraw_figures(page, "redraw_zoomed", ZOOMED, fresh, warm)
        page.evaluate("stand.zoom(null)")
        figures |= {"browser.redraw_p95_over_median": _steadiness(page)}
    compressed = len(gzip.compress((FRONTEND / "dist" / "play.js").read_bytes(), 9))
    size = Figure(compressed / 1000, "kB", "nothing", "all JavaScript of the play page")
    return figures | {"browser.js_kb_gzip": size}


@contextmanager
def _harness() -> Iterator[Page]:
    """Open the frontend's canvas and panel on a page without a server."""
    with tempfile.TemporaryDirectory() as folder, running_chromium() as browser:
        subprocess.run(["node", FRONTEND / "build.js", "harness", folder], check=True, cwd=FRONTEND)
        page = browser.new_page(viewport={"width": 1400, "height": 950})
        options = {"size": SIZE, "filters": FILTERS}
        page.add_script_tag(content=f"window.wanted = {json.dumps(options)}")
        page.add_style_tag(content=(Path(folder) / "stand.css").read_text(encoding="utf-8"))
        page.add_script_tag(content=(Path(folder) / "stand.js").read_text(encoding="utf-8"), type="module")
        page.wait_for_function("() => window.stand !== undefined")
        yield page


def _redraw_figures(
    page: Page, name: str, note: str, fresh_edit: Callable[[], float], warm_edit: Callable[[], float]
) -> dict[str, Figure]:
    """Return the fastest redraw over the fastest edits in NumPy, of runs in turn: a busy machine slows both."""
    _redraw(page, 0)
    if (size := tuple(page.evaluate("stand.size()"))) != SIZE:
        raise RuntimeError(f"the page drew {size[0]} x {size[1]} pixels, not {SIZE[0]} x {SIZE[1]}")
    runs = [(_redraw(page, run), fresh_edit(), warm_edit()) for run in range(RUNS)]
    redraw, fresh, warm = map(min, zip(*runs, strict=True))
    return {
        f"browser.{name}_over_reference": Figure(
            redraw / fresh, "x", f"{REFERENCE}, {1000 * fresh:.0f} ms: each array in memory new from the system", note
        ),
        f"browser.{name}_over_warm_reference": Figure(
            redraw / warm, "x", f"the same, {1000 * warm:.0f} ms: each array in memory that was used before", note
        ),
    }


def _steadiness(page: Page) -> Figure:
    """How much longer the slow redraws of a drag take than the others, in the steadiest of some drags.

    What else the machine does slows single redraws, and never speeds them up.
    """
    drags = [page.evaluate(f"stand.drag('ev', {INPUTS})") for _ in range(DRAGS)]
    slow, usual = min(((quantiles(drag, n=20)[-1], median(drag)) for drag in drags), key=lambda drag: drag[0] / drag[1])
    return Figure(slow / usual, "x", f"the median of the same drag, {usual:.0f} ms", STEADINESS)


def _redraw(page: Page, run: int) -> float:
    """Seconds from the input of a slider to the drawn frame."""
    return float(page.evaluate("share => stand.redraw('ev', share)", 0.6 + 0.02 * (run % 2))) / 1000
