"""Operations over HTTP."""

from service.app import create_app
from service.settings import Settings
from tests.service.callers import caller
from tests.service.stores import RUNS


def test_a_server_with_a_snapshot_is_ready(ask):
    """Readiness names the live run."""
    assert caller(ask("read").app).get("/readyz").json() == {"status": "ok", "run_id": RUNS[-1]}


def test_a_server_without_a_snapshot_is_alive_but_not_ready(tmp_path):
    """A load balancer sends it nothing until the first run is published."""
    api = caller(create_app(Settings(store=tmp_path, no_auth=True)))

    assert api.get("/healthz").status_code == 200
    assert api.get("/readyz").json()["type"] == "/problems/no-snapshot"
    assert api.get("/v1/circles").status_code == 503
    assert api.get("/v1/users/anyone").status_code == 503


def test_metrics_count_requests_by_template(planted):
    """No id of a person becomes a label."""
    api = caller(create_app(Settings(store=planted, no_auth=True)))
    for user in ("user-00000", "user-00005"):
        api.get(f"/v1/users/{user}")

    figures = api.get("/metrics").text

    route = "/v1/users/{user_id}"
    assert f'coterie_requests_total{{method="GET",route="{route}",status="200"}} 2.0' in figures
    assert "user-0000" not in figures
