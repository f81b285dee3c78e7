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


def test_a_key_that_is_none_is_refused(ask):
    """As everywhere, so that the page can say why."""
    answer = caller(ask("read").app, key="cot_wrong").get("/")

    assert answer.status_code == 401
    assert "unknown, expired or revoked" in answer.json()["detail"]


def test_a_circle_of_few_is_told_to_be_under_the_least_audience(ask, api):
    """Its figures are for those alone who may list members."""
    hidden = [row for row in ask("read").get("/v1/circles").json()["circles"] if not row["size"]]

    page = ask("read").get("/").text

    assert hidden
    assert page.count(">under 50") == len(hidden)
    assert ">under 50" not in api.get("/").text


def test_each_facet_has_a_table_of_its_own_circles(api):
    """Under its name, with how many there are."""
    circles = api.get("/v1/circles").json()["circles"]
    facets = [circle["facet"] for circle in circles]

    tables = api.get("/").text.split("<h2")[1:]

    assert len(tables) == len(set(facets)) == 2
    for facet, table in zip(("interest", "lifestyle"), tables, strict=True):
        assert f">{facet.capitalize()} circles <small>{facets.count(facet)}<" in table
        assert table.count("<tr") == facets.count(facet) + 1


def test_a_store_without_a_run_says_what_to_do(tmp_path):
    """The page leads to the first run."""
    page = caller(create_app(Settings(store=tmp_path, no_auth=True))).get("/").text

    assert "<code>coterie run</code>" in page
    assert "`" not in page


def test_the_browser_may_run_only_the_page_s_own_script(ask):
    """The policy names the script by its digest."""
    policy = caller(ask("read").app).get("/").headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
