"""The page on which every call can be read and tried."""

import re

import pytest

from tests.browser import browser, needs_a_browser
from tests.service.servers import store_served
from tests.service.stores import fill


def test_the_page_asks_no_other_site_for_anything(api):
    """Who types a key into it runs nobody else's program; a closed network shows it as well."""
    page = api.get("/docs")

    assert set(re.findall(r'(?:src|href)="([^"]*)"', page.text)) == {
        "data:,",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
    }
    assert "http" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "kind"), [("swagger-ui-bundle.js", "javascript"), ("swagger-ui.css", "css")]
)
def test_its_parts_come_with_it(api, name, kind):
    """They are files of the package."""
    part = api.get(f"/docs/{name}")

    assert part.status_code == 200
    assert kind in part.headers["content-type"]


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "..%2f..%2fapp.py", "nothing.js"])
def test_no_other_file_can_be_read(api, name):
    """A page is no way into the folder."""
    assert api.get(f"/docs/{name}").status_code in (404, 422)


@needs_a_browser
def test_a_call_can_be_tried_in_a_browser(tmp_path):
    """The policy for contents lets the page do what it is for."""
    store = fill(tmp_path / "store")
    with (
        store_served(store, no_auth=True) as address,
        browser(tmp_path / "profile") as seen,
    ):
        seen.open(f"{address}/docs#/operations/is_ready")
        seen.wait_for("return document.querySelector('#operations-operations-is_ready')")
        click = "const found = document.querySelector(arguments[0]); if (found) found.click();"
        for button in (".try-out__btn", ".execute"):
            seen.wait_for(f"return document.querySelector('{button}')")
            seen.run(click, button)
        told = seen.wait_for("return document.querySelector('.live-responses-table .microlight')")
        read = seen.run(
            "return document.querySelector('.live-responses-table .microlight').textContent"
        )

    assert told
    assert '"status": "ok"' in read
