"""Every refusal is an RFC 9457 problem, whatever refuses."""

import errno
import re
import sqlite3

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from segmentation import errors as tree
from service.app import create_app
from service.errors import KINDS, MEDIA_TYPE, STATUS_OF, UNAVAILABLE, Problem
from service.refusing import install_error_handlers
from service.settings import Settings
from service.telemetry import Telemetry
from tests.service.callers import caller

OPEN = {"/healthz", "/readyz", "/metrics"}
PLAIN_SCOPES = ("read", "members", "export", "tiers", "runs")
DESCRIPTION = create_app(Settings(store="nowhere", no_auth=True)).openapi()
SCHEMAS = DESCRIPTION["components"]["schemas"]
PROBLEM_OF = {kind.status: kind.type for kind in KINDS.values()}
UNTAKEN = [
    OSError(errno.EROFS, "secret"),
    OSError(errno.ENOSPC, "secret"),
    OperationalError("secret", None, sqlite3.OperationalError("disk is full")),
]


def check(answer, status):
    """Look that an answer is a problem of this status, complete and of its stable type."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    document = Problem.model_validate(answer.json())
    assert document.status == status
    assert document.type == PROBLEM_OF[status]
    assert document.request_id == answer.headers["x-request-id"]


def operations():
    """Every operation of the description: method, template and whether it takes a body."""
    return [
        pytest.param(method.upper(), path, operation, id=f"{method.upper()} {path}")
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
    ]


def least_body(operation):
    """What an operation's body cannot do without."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return least(content.get("schema", {}))


def least(schema):
    """The least a schema allows, or its own example."""
    if "$ref" in schema:
        return least(SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]])
    if "examples" in schema:
        return schema["examples"][0]
    match schema.get("type"):
        case "array":
            return [least(schema["items"])] * schema.get("minItems", 0)
        case "string":
            return "x" * schema.get("minLength", 0)
        case "number" | "integer":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case _:
            fields = schema.get("properties", {})
            return {name: least(fields[name]) for name in schema.get("required", ())}


EVERY = pytest.mark.parametrize(("method", "path", "operation"), operations())


def filled(path):
    """Fill a template with ids nobody has."""
    return re.sub(r"{\w+}", "nobody-4711", path)


@EVERY
def test_without_a_key_nothing_is_told(guarded, method, path, operation):
    """All but the operations of the server itself answer 401, and say how to come back."""
    answer = caller(guarded).request(method, filled(path), json={})

    if path in OPEN:
        assert answer.status_code == 200
        return
    check(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@EVERY
def test_an_unknown_key_is_no_key(guarded, method, path, operation):
    """A key of the right form that nobody made is refused."""
    if path not in OPEN:
        check(caller(guarded, key="cot_x_y").request(method, filled(path), json={}), 401)


@EVERY
def test_a_key_without_the_scope_is_refused(ask, method, path, operation):
    """Of the plain scopes exactly one opens an operation, and none what is for an admin."""
    if path in OPEN:
        return
    # A body that no operation takes: whoever is let in changes nothing of the shared store.
    body = {"no such field": 1}
    answers = {scope: ask(scope).request(method, filled(path), json=body) for scope in PLAIN_SCOPES}

    refused = [answer for answer in answers.values() if answer.status_code == 403]
    needed = {scope for need in operation["security"] for scope in need["key"]}
    assert len(refused) == len(set(PLAIN_SCOPES) - needed)
    for answer in refused:
        check(answer, 403)


@EVERY
def test_another_method_is_not_allowed(api, method, path, operation):
    """The answer says which methods are."""
    answer = api.request("TRACE", filled(path))

    check(answer, 405)
    assert method in answer.headers["allow"]


@EVERY
def test_what_is_asked_for_must_exist(api, method, path, operation):
    """An id nobody has is a 404 wherever a path takes one."""
    needed = {
        parameter["name"]: "nobody"
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and parameter.get("required")
    }
    if "{" in path:
        body = least_body(operation)
        check(api.request(method, filled(path), json=body, params=needed), 404)


@EVERY
def test_values_are_checked(api, method, path, operation):
    """Each parameter and each body that can be wrong is refused by name when it is."""
    known = {parameter["name"] for parameter in operation.get("parameters", ())}
    for name in known & {"page_size", "page_token", "facet"}:
        answer = api.request(method, filled(path), params={name: "wrong"})
        check(answer, 422)
        assert answer.json()["errors"][0]["field"] == f"query.{name}"
    if "requestBody" in operation:
        for body in (b"{", b"[]", b'{"user_ids": 1, "engaged": "x"}'):
            headers = {"Content-Type": "application/json"}
            check(api.request(method, path, content=body, headers=headers), 422)


@EVERY
def test_every_refusal_is_declared(method, path, operation):
    """The description lists the problems of an operation in their media type."""
    declared = {int(status) for status in operation["responses"] if int(status) >= 400}
    expected = {500} if path in OPEN else {401, 403, 500}

    assert expected <= declared <= set(KINDS)
    for status in declared:
        assert list(operation["responses"][str(status)]["content"]) == [MEDIA_TYPE]


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/circles/", "/v1/users", "/v2/circles"])
def test_an_unknown_path_is_a_problem_too(api, path):
    """The framework's own refusals look like ours."""
    check(api.get(path), 404)


def failing(error):
    """Build an application whose only route raises."""
    app = FastAPI()
    install_error_handlers(app)
    app.state.telemetry = Telemetry()

    @app.get("/")
    async def fail():
        raise error

    return caller(app)


def every_error(kind=tree.SegmentationError):
    """The error tree from its root."""
    return [kind, *(below for child in kind.__subclasses__() for below in every_error(child))]


@pytest.mark.parametrize("kind", [kind for kind in every_error() if kind in STATUS_OF])
def test_each_error_of_ours_has_its_status(kind):
    """One class, one status; one status, one type."""
    extra = {"Gone": {"resync": "/there"}, "InvalidValue": {"field": "query.x"},
             "TooOften": {"after_seconds": 1}}  # fmt: skip
    answer = failing(kind("What was wrong.", **extra.get(kind.__name__, {}))).get("/")

    assert answer.status_code == STATUS_OF[kind]
    shares = kind is tree.StoreUnwritable  # the one that shares its status with another
    assert answer.json()["type"] == (UNAVAILABLE.type if shares else PROBLEM_OF[STATUS_OF[kind]])


@pytest.mark.parametrize("error", UNTAKEN)
def test_a_store_out_of_reach_is_told_as_such_and_logged(error, capfd):
    """It may be read-only, full or down: asking again later may help, and what happened is kept."""
    answer = failing(error).get("/")

    assert answer.status_code == 503
    assert answer.json()["type"] == UNAVAILABLE.type
    assert answer.headers["retry-after"] == "5"
    assert "secret" not in answer.text
    assert "secret" in capfd.readouterr().out


@pytest.mark.parametrize(
    "error", [RuntimeError("secret"), OSError("secret"), tree.StoreDamaged("/secret/path")]
)
def test_a_failure_tells_nothing_of_the_inside(error):
    """What happened stands in the log alone."""
    answer = failing(error).get("/")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "secret" not in answer.text


@pytest.mark.parametrize(("sent", "kind"), [("[]", "application/json"), ("{}", "text/plain")])
def test_a_body_that_is_no_json_object_is_told_so(api, sent, kind):
    """In words for whoever sent it, not for whoever wrote the server."""
    answer = api.post("/v1/audiences:count", content=sent, headers={"Content-Type": kind})

    check(answer, 422)
    assert (
        "`body`: It must be a JSON object, sent as `application/json`." in answer.json()["detail"]
    )
