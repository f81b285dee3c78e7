"""Parameters of a query nobody asks for: a mistyped one must not pass for none."""

from collections.abc import Iterator
from difflib import get_close_matches

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from service.errors import InvalidValue


def refuse_unknown_parameters(request: Request) -> None:
    """Refuse a query that names what the operation does not take.

    Raises
    ------
    InvalidValue
        With the parameter, the nearest known one, and all there are.
    """
    route = request.scope.get("route")
    if request.scope["query_string"] and isinstance(route, APIRoute):
        refuse_other_parameters(request, parameters_of(route))


def refuse_other_parameters(request: Request, known: tuple[str, ...]) -> None:
    """Refuse a query that names anything else; raises `InvalidValue` as above."""
    for name in request.query_params:
        if name not in known:
            raise InvalidValue(unknown(name, known), field=f"query.{name}")


def unknown(name: str, known: tuple[str, ...]) -> str:
    """Say that there is no such parameter, and which there are."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    others = ", ".join(f"`{each}`" for each in known) or "none"
    return f"`{name}` is not a parameter of this call.{hint} It takes {others}."


def parameters_of(route: APIRoute) -> tuple[str, ...]:
    """Return the names of an operation's query parameters, those of its dependencies as well."""
    return tuple(sorted(set(named_by(route.dependant))))


def named_by(dependant: Dependant) -> Iterator[str]:
    """Give the query parameters of a function and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from named_by(inner)
