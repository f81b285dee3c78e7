"""The OpenAPI description: what the framework derives, with our problems in it."""

from typing import Any

from fastapi import FastAPI

from service.errors import Problem

REF = "#/components/schemas/{model}"
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
    for methods in description["paths"].values():
        for operation in methods.values():
            operation["responses"] = {
                status: answer
                for status, answer in operation["responses"].items()
                if not is_foreign(answer)
            }
    return description


def problem_schemas() -> dict[str, Any]:
    """Return the schema of a problem and of what it is made of, by name."""
    schema = Problem.model_json_schema(ref_template=REF)
    parts: dict[str, Any] = schema.pop("$defs", {})
    return {**parts, "Problem": schema}


def is_foreign(answer: dict[str, Any]) -> bool:
    """Whether an answer is a refusal the framework declared by itself."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return bool(schema.get("$ref") == REF.format(model=FOREIGN[0]))
