"""The page at `/`: the circles at a glance, for people."""

import re
from datetime import datetime
from html import escape
from string import Template
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from segmentation.config import FACETS
from segmentation.grades import graded
from segmentation.index import Snapshot
from service.auth import doorkeeper, secret_of
from service.errors import NoSnapshot
from service.live import live_snapshots
from service.page import key_page, page
from service.routes.circles import shown

router = APIRouter(include_in_schema=False)

QUOTED = re.compile("`([^`]+)`")
TITLES = {"interest": "Interest circles", "lifestyle": "Lifestyle circles"}
COLUMNS = {
    "size": "People",
    "share_of_users": "Of everyone",
    "share_propensity": "Would share",
    "stability": "Firmness",
}
LEGEND = (
    "<p><small><b>Would share</b>: the chance that somebody of the circle shares a content they "
    "see. <b>Firmness</b>: how much of the circle is found again among resampled people, from 0 "
    "to 1; take a weak one as a hint. One person may be in several circles.</small></p>"
)
HEADINGS = "".join(f'<th scope="col" role="columnheader" class="number">{what}' for what in
                   COLUMNS.values())  # fmt: skip
TABLE = Template(
    '<h2 id="$facet">$title <small>$count</small></h2>'
    '<table role="table" aria-labelledby="$facet"><thead role="rowgroup"><tr role="row">'
    f'<th scope="col" role="columnheader">Circle{HEADINGS}</thead>'
    '<tbody role="rowgroup">$rows</tbody></table>'
)
ROW = Template(
    '<tr role="row"><th scope="row" role="rowheader">$name<small>$circle_id$gathers</small>$cells'
)
CELL = Template('<td role="cell" class="number" data-what="$what">$figure')


@router.get("/")
async def show_console(request: Request) -> HTMLResponse:
    """Show the circles to whoever may read them; ask whoever sends no key for one."""
    door = doorkeeper(request)
    if door.asks_for_keys and not secret_of(request.scope):
        return key_page()
    key = await door.admit(request, "read")
    try:
        snapshot = live_snapshots(request).current()
    except NoSnapshot as error:
        return page(f"<p>{marked(str(error))}</p>")
    tables = {
        facet: [shown(row, snapshot, key) for row in snapshot.circles(facet)] for facet in FACETS
    }
    drawn = "".join(
        circles_table(facet, rows, least=snapshot.manifest["min_audience"])
        for facet, rows in tables.items()
    )
    return page(told_of(snapshot) + LEGEND + drawn)


def marked(message: str) -> str:
    """A message for people, with what it quotes to be typed shown as such."""
    return QUOTED.sub(r"<code>\1</code>", escape(message))


def told_of(snapshot: Snapshot) -> str:
    """Say which moment is described, and by which run."""
    as_of = snapshot.manifest["as_of"]
    moment = f"As of {datetime.fromisoformat(as_of):%-d %B %Y}" if as_of else "Without dates"
    return f"<p>{moment} <small>Run {escape(snapshot.run_id)}</small></p>"


def circles_table(facet: str, circles: list[dict[str, Any]], *, least: int) -> str:
    """Draw the circles of a facet as a table, with everything from data escaped."""
    if not circles:
        return f"<h2>{TITLES[facet]}</h2><p>None were found.</p>"
    rows = "".join(row_of(circle, least=least) for circle in circles)
    return TABLE.substitute(facet=facet, title=TITLES[facet], count=len(circles), rows=rows)


def row_of(circle: dict[str, Any], *, least: int) -> str:
    """Draw one circle, its id beneath its name."""
    size, below = circle["size"], len(circle["children"])
    figures = {
        "size": f"under {least}" if size is None else f"{size:,}",
        "share_of_users": percent(circle["share_of_users"]),
        "share_propensity": percent(circle["share_propensity"]),
        "stability": "its circles'" if below else graded(circle["stability"]),
    }
    cells = "".join(
        CELL.substitute(what=what, figure=escape(figures[name])) for name, what in COLUMNS.items()
    )
    words = {name: escape(circle[name]) for name in ("circle_id", "name")}
    gathers = f", gathers {below} circles" if below else ""
    return ROW.substitute(words, gathers=gathers, cells=cells)


def percent(share: float | None) -> str:
    """Write a share for people; a dash when it is not known."""
    return "–" if share is None else f"{share:.1%}"  # noqa: RUF001 - a dash is meant
