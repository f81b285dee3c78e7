"""What a server may be told from outside, as one frozen record."""

import ipaddress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """Read from the environment as `COTERIE_STORE`, `COTERIE_NO_AUTH` and so on."""

    model_config = SettingsConfigDict(
        env_prefix="COTERIE_", frozen=True, extra="ignore", populate_by_name=True
    )

    store: Path = Field(default=Path("store"), description="Folder of the snapshots to serve.")
    database_url: str | None = Field(
        default=None,
        repr=False,
        description="Database of the keys; SQLite in the store when absent.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    no_auth: bool = Field(default=False, description="Answer without a key; on loopback only.")
    log_level: LogLevel = Field(default="info", description="Least severe log line written.")
    poll_seconds: float = Field(
        default=0.2, gt=0, description="How often to look whether another snapshot went live."
    )
    key_seconds: float = Field(
        default=10.0,
        ge=0,
        description="How long a verified key is trusted before it is looked up again.",
    )

    calls_per_second: float = Field(
        default=20_000.0,
        ge=0,
        description="How often a key may call a worker, in the long run; 0 is without limit.",
    )
    figures_per_hour: float = Field(
        default=1_000.0,
        ge=0,
        description="How many blurred figures a key without `members` may ask a worker for.",
    )
    arrival_seconds: float = Field(
        default=30.0, gt=0, description="How long a request with a body may take to arrive."
    )

    webhook_loopback: bool = Field(
        default=False, description="Take webhook receivers on this machine, for trying out."
    )

    metrics_folder: Path | None = Field(
        default=None,
        validation_alias="PROMETHEUS_MULTIPROC_DIR",
        description="Folder in which several workers add up their figures.",
    )

    @model_validator(mode="after")
    def _stay_on_loopback(self) -> Self:
        if self.no_auth and not is_loopback(self.host):
            raise ValueError(
                f"`no_auth` needs a loopback `host`, got {self.host!r}. "
                "Serve on 127.0.0.1, or create a key with `coterie keys create`."
            )
        return self


def is_loopback(host: str) -> bool:
    """Whether an address or name can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
