"""`HEAD` answers as `GET` does, without a body."""

import pytest


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/v1/circles", 200),
        ("/v1/users/user-00000", 200),
        ("/v1/users/nobody", 404),
        ("/", 200),
    ],
)
def test_a_head_tells_what_a_get_would(api, path, status):
    """The same status, kind and length, and nothing behind them."""
    head, get = api.request("HEAD", path), api.get(path)

    assert head.status_code == get.status_code == status
    assert head.content == b""
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == get.headers.get(name)


def test_a_head_of_a_call_that_changes_is_refused(api):
    """And what is there says that a `HEAD` may be asked wherever a `GET` may."""
    assert api.request("HEAD", "/v1/audiences:count").status_code == 405
    assert api.request("DELETE", "/v1/circles").headers["allow"] == "GET, HEAD"
