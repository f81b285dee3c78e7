"""The page on which every call can be read and tried; it asks no other site for anything."""

from pathlib import Path
from string import Template
from typing import Literal

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse

from service.page import digest_of

router = APIRouter(include_in_schema=False)

FILES = Path(__file__).parents[1] / "vendor" / "swagger-ui"
SCRIPT = """
SwaggerUIBundle({url: "/openapi.json", dom_id: "#calls", deepLinking: true});
"""
PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Coterie: all calls</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><main id="calls"></main>
<script src="/docs/swagger-ui-bundle.js"></script><script>$script</script></body></html>
"""
)
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    f"connect-src 'self'; script-src 'self' 'sha256-{digest_of(SCRIPT)}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
def show_calls() -> HTMLResponse:
    """Show what `/openapi.json` describes."""
    html = PAGE.substitute(script=SCRIPT)
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})


@router.get("/docs/{name}")
def part_of_page(name: Literal["swagger-ui-bundle.js", "swagger-ui.css"]) -> FileResponse:
    """Give a file the page is made of."""
    return FileResponse(FILES / name)
