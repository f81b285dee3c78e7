"""The page at `/`."""

from html import escape

from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller


def test_the_page_shows_every_circle(api):
    """Names from data stand escaped."""
    page = api.get("/").text

    for circle in api.get("/v1/circles").json()["circles"]:
        assert circle["circle_id"] in page
        assert escape(circle["name"]) in page


def test_a_stranger_is_asked_for_a_key_and_sees_nothing(ask):
    """Circle names are no public matter."""
    page = caller(ask("read").app).get("/").text

    assert 'name="key"' in page
    assert "interest-1" not in page
    assert "interest-1" in ask("read").get("/").text


def test_a_store_without_a_run_says_what_to_do(tmp_path):
    """The page leads to the first run."""
    page = caller(create_app(Settings(store=tmp_path, no_auth=True))).get("/").text

    assert "coterie run" in page


def test_the_browser_may_run_only_the_page_s_own_script(ask):
    """The policy names the script by its digest."""
    policy = caller(ask("read").app).get("/").headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
