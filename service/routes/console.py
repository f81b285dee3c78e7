"""The page at `/`: the circles at a glance, for people."""

import base64
import hashlib
from html import escape
from string import Template
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from service.auth import doorkeeper
from service.errors import NoSnapshot, Unauthorized
from service.live import live_snapshots
from service.routes.circles import shown

router = APIRouter(include_in_schema=False)

SCRIPT = """
document.querySelector("form").addEventListener("submit", async event => {
  event.preventDefault();
  const key = event.target.elements.key.value;
  const answer = await fetch("/", {headers: {Authorization: "Bearer " + key}});
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("main") ?? "This key may not read circles.";
  document.querySelector("main").replaceWith(main);
});
"""
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ddd; padding: .4rem; text-align: left }
.number { text-align: right }
"""
PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Coterie</title><style>$style</style></head>
<body><h1>Coterie</h1>
<main>$main</main>
<p><a href="/docs">All calls</a></p>$script</body></html>
"""
)
ASK_FOR_KEY = (
    '<form><label>API key <input name="key" type="password" required></label> '
    "<button>Show circles</button></form>"
)
HEADINGS = (
    "<tr><th>Circle<th>Facet<th>Name<th class=number>Members"
    "<th class=number>Share of users<th class=number>Would share</tr>"
)
ROW = Template(
    "<tr><td>$circle_id<td>$facet<td>$name<td class=number>$size"
    "<td class=number>$share_of_users<td class=number>$share_propensity</tr>"
)


@router.get("/")
async def show_console(request: Request) -> HTMLResponse:
    """Show the circles to whoever may read them; ask anybody else for a key."""
    try:
        key = await doorkeeper(request).admit(request, "read")
        snapshot = live_snapshots(request).current()
    except Unauthorized:
        return page(ASK_FOR_KEY, script=SCRIPT)
    except NoSnapshot as error:
        return page(f"<p>{escape(str(error))}</p>")
    rows = [shown(row, snapshot, key) for row in snapshot.circles()]
    return page(circles_table(snapshot.run_id, rows))


def circles_table(run_id: str, circles: list[dict[str, Any]]) -> str:
    """Draw the circles as a table, with everything from data escaped."""
    rows = "".join(ROW.substitute(cells_of(circle)) for circle in circles)
    return f"<p>Run {escape(run_id)}</p><table>{HEADINGS}{rows}</table>"


def cells_of(circle: dict[str, Any]) -> dict[str, str]:
    """Write a circle's figures for people."""
    words = {name: escape(circle[name]) for name in ("circle_id", "facet", "name")}
    shares = {name: percent(circle[name]) for name in ("share_of_users", "share_propensity")}
    size = circle["size"]
    return {**words, **shares, "size": "few" if size is None else f"{size:,}"}


def percent(share: float | None) -> str:
    """Write a share for people; a dash when it is not known."""
    return "–" if share is None else f"{share:.1%}"  # noqa: RUF001 - a dash is meant


def page(main: str, *, script: str = "") -> HTMLResponse:
    """Frame the page, and let the browser run nothing but its own script."""
    tag = f"<script>{script}</script>" if script else ""
    html = PAGE.substitute(style=STYLE, main=main, script=tag)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; "
        f"script-src 'sha256-{digest}'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
