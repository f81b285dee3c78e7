"""The OpenAPI description: what the framework derives, with our problems in it."""

from typing import Any

from fastapi import FastAPI

from service.errors import Problem, problems
from service.replay import LONGEST, is_changing

REF = "#/components/schemas/{model}"
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of your own for this call: sent again, it is done once and answered "
    "the same, for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
}
FOREIGN = ("HTTPValidationError", "ValidationError")


class DescribedApp(FastAPI):
    """An application that describes its refusals as the problems they are."""

    def openapi(self) -> dict[str, Any]:
        """Return the description, derived once."""
        if self.openapi_schema is None:
            self.openapi_schema = with_problems(super().openapi())
        return self.openapi_schema


def with_problems(description: dict[str, Any]) -> dict[str, Any]:
    """Put the form of a problem into a description, and the framework's own refusals out of it."""
    schemas = description["components"]["schemas"]
    schemas |= problem_schemas()
    for name in FOREIGN:
        schemas.pop(name, None)
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if operation.get("security"):
                operation["responses"].setdefault("429", refusal(429))
            if "requestBody" in operation:
                operation["responses"].setdefault("400", refusal(400))
                operation["responses"].setdefault("408", refusal(408))
            if is_changing(method, path):
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
                operation["responses"].setdefault("409", refusal(409))
            operation["responses"] = {
                status: answer
                for status, answer in operation["responses"].items()
                if not is_foreign(answer)
            }
    return description


def refusal(status: int) -> dict[str, Any]:
    """Describe a refusal that any operation of its kind may give."""
    return problems(status)[status]


def problem_schemas() -> dict[str, Any]:
    """Return the schema of a problem and of what it is made of, by name."""
    schema = Problem.model_json_schema(ref_template=REF)
    parts: dict[str, Any] = schema.pop("$defs", {})
    return {**parts, "Problem": schema}


def is_foreign(answer: dict[str, Any]) -> bool:
    """Whether an answer is a refusal the framework declared by itself."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return bool(schema.get("$ref") == REF.format(model=FOREIGN[0]))
