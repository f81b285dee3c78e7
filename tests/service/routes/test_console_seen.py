"""The console as a real browser shows it, at the width of a desk and of a phone."""

import pytest

from segmentation import keys
from segmentation.database import open_database
from tests.browser import browser, needs_a_browser
from tests.service.servers import store_served
from tests.service.stores import NOW, fill

pytestmark = needs_a_browser
ENTER = "\ue007"
WIDTHS = (1280, 390)
SHOWN = "return document.querySelectorAll('table').length"
SAID = "return document.querySelector('#wrong').textContent"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of its own."""
    return fill(tmp_path_factory.mktemp("seen") / "store")


@pytest.fixture(scope="module")
def secrets(store):
    """A key that may read circles, and one that may not."""
    database = open_database(store)
    made = {
        scope: keys.create(database, name=scope, scopes=(scope,), now=NOW).secret
        for scope in ("read", "runs")
    }
    database.dispose()
    return made


@pytest.fixture(scope="module")
def address(store):
    """A server that asks for keys."""
    with store_served(store) as address:
        yield address


@pytest.fixture(scope="module", params=WIDTHS)
def seen(request, tmp_path_factory):
    """A browser of each width."""
    with browser(tmp_path_factory.mktemp("profile"), width=request.param) as session:
        yield session


def test_a_wrong_key_is_said_to_be_wrong_and_may_be_mended(seen, address, secrets):
    """By the keyboard alone: the field has the focus, Enter asks, and the next try works."""
    seen.open(address)
    assert seen.run("return document.activeElement.name") == "key"
    tries = {
        "cot_wrong": "unknown, expired or revoked",
        "clé": "This is no key",
        secrets["runs"]: "may not read circles",
    }

    for secret, saying in tries.items():
        seen.type("input", secret + ENTER)
        assert saying in seen.wait_for(SAID)
        assert seen.run(SHOWN) == 0
        seen.clear("input")
        seen.run("document.querySelector('#wrong').textContent = ''")
    seen.type("input", f" {secrets['read']}{ENTER}")

    assert seen.wait_for(SHOWN) == 2
    assert seen.run("return document.activeElement.localName") == "main"


def test_a_server_that_is_gone_is_said_to_be_gone(seen, store, secrets):
    """And the button can be pressed again."""
    with store_served(store) as address:
        seen.open(address)

    seen.type("input", secrets["read"] + ENTER)

    assert "does not answer" in seen.wait_for(SAID)
    assert seen.run("return document.querySelector('button').disabled") is False


def test_nothing_lies_beyond_the_edge(seen, store):
    """Every figure of every circle can be read without moving the page sideways."""
    with store_served(store, no_auth=True) as address:
        seen.open(address)

        inner, whole = seen.run("return [innerWidth, document.documentElement.scrollWidth]")
        far = seen.run(
            "return Math.max(...[...document.querySelectorAll('td, tbody th')]"
            ".map(cell => cell.getBoundingClientRect().right))"
        )

    assert whole <= inner in WIDTHS
    assert far <= inner


def test_every_figure_says_what_it_is(seen, store):
    """By the head of its column, or on a phone by a word above it."""
    with store_served(store, no_auth=True) as address:
        seen.open(address)
        words = seen.run(
            "const shown = style => style.display !== 'none' && style.content !== 'none';"
            "return [...document.querySelector('tbody tr').cells].slice(1).map((cell, nth) => {"
            "  const above = getComputedStyle(cell, '::before');"
            "  const head = document.querySelectorAll('thead th')[nth + 1];"
            "  return shown(above) ? above.content.replaceAll('\"', '')"
            "    : head.getBoundingClientRect().width > 1 ? head.textContent : '' })"
        )

    assert words == ["People", "Of everyone", "Would share", "Firmness"]


def test_words_stand_out_from_what_is_behind_them(seen, store):
    """At least 4.5 to 1 (WCAG 2.2, 1.4.3), the small ones too."""
    with store_served(store, no_auth=True) as address:
        seen.open(address)
        colours = seen.run(
            "return [...document.querySelectorAll('h1, th, td, small, a')]"
            ".map(each => getComputedStyle(each).color)"
        )

    assert min(contrast_with_white(colour) for colour in set(colours)) >= 4.5


def contrast_with_white(colour):
    """The contrast of a colour such as `rgb(85, 85, 85)` with a white page."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    light = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05)
