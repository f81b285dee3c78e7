"""Parameters nobody asks for are refused, not passed over."""

import pytest


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/v1/circles?facette=interest", "Did you mean `facet`?"),
        ("/v1/circles?page_sise=2", "Did you mean `page_size`?"),
        ("/v1/tiers?facet=interest", "It takes `campaign`."),
        ("/v1/users/0?campain=spring", "Did you mean `campaign`?"),
    ],
)
def test_an_unknown_parameter_is_named_with_those_there_are(api, path, says):
    """Who misspells a filter must not get everything."""
    answer = api.get(path)

    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"].startswith("query.")


def test_without_a_key_nothing_is_said_of_parameters(guarded):
    """Who may not ask at all is told that first."""
    from tests.service.callers import caller

    assert caller(guarded).get("/v1/circles?facette=interest").status_code == 401
