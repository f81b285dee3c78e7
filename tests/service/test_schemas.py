"""The description of the service: complete, and true of its answers."""

import pytest

from service import audiences, motion, schemas, tiering
from service.app import create_app
from service.routes.audiences import MEDIA_TYPES
from service.settings import Settings

DESCRIPTION = create_app(Settings(store="nowhere", no_auth=True)).openapi()
SCHEMAS = DESCRIPTION["components"]["schemas"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_has_a_description(name):
    """Nobody has to guess what a field holds."""
    fields = SCHEMAS[name].get("properties", {})

    assert [field for field, facts in fields.items() if not facts.get("description")] == []


@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_every_parameter_and_operation_is_described(path):
    """Operations say what they do, parameters what they take."""
    for operation in DESCRIPTION["paths"][path].values():
        assert operation["description"]
        assert all(parameter["description"] for parameter in operation.get("parameters", ()))


@pytest.mark.parametrize("path", [path for path in DESCRIPTION["paths"] if path[:3] == "/v1"])
def test_every_answer_names_its_run(path):
    """A caller can tell from which run an answer came; a file says it in its headers."""
    for operation in DESCRIPTION["paths"][path].values():
        responses = operation["responses"]
        success = responses[min(status for status in responses if status.startswith("2"))]
        for media, facts in success["content"].items():
            name = facts["schema"].get("$ref", "").rsplit("/", 1)[-1]
            if media == "application/json":
                assert "run_id" in SCHEMAS[name]["properties"]
            else:
                assert media in {*MEDIA_TYPES.values(), "text/event-stream"}


@pytest.mark.parametrize("path", [path for path in DESCRIPTION["paths"] if path[:3] == "/v1"])
def test_every_operation_asks_for_a_key_with_a_scope(path):
    """The description shows who may call."""
    for operation in DESCRIPTION["paths"][path].values():
        scopes = {scope for need in operation["security"] for scope in need["key"]}
        assert len(scopes) == 1
        assert scopes <= {"read", "members", "export", "tiers", "runs", "admin"}


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/circles", schemas.CircleList),
        ("/v1/circles/interest-1", schemas.CircleAnswer),
        ("/v1/circles/interest-1/members", schemas.MemberList),
        ("/v1/circles/interest-1/history", schemas.CircleHistory),
        ("/v1/users/user-00000", schemas.UserAnswer),
        ("/v1/tiers", tiering.TierList),
        ("/v1/tiers/assignments", tiering.AssignmentList),
        ("/v1/tiers/changes", tiering.TierChangeFeed),
        ("/v1/flywheel", motion.FlywheelAnswer),
        ("/v1/runs", schemas.RunList),
        ("/v1/audiences", audiences.SavedAudienceList),
    ],
)
def test_answers_are_what_the_description_says(api, path, model):
    """Read strictly, an answer has every field and no other."""
    answer = api.get(path)

    assert answer.status_code == 200
    assert model.model_validate_json(answer.content).model_dump(mode="json") == answer.json()


def test_every_operation_has_a_name_of_its_own():
    """Generated clients name their functions by it."""
    names = [
        operation["operationId"]
        for methods in DESCRIPTION["paths"].values()
        for operation in methods.values()
    ]

    assert len(set(names)) == len(names)
    assert "get_user" in names
