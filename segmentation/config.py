"""The settings of a run: `coterie.toml` read into frozen records."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from segmentation.bounds import check_bounds, check_master, check_roles
from segmentation.errors import ConfigError
from segmentation.records import overlay

Facet = Literal["interest", "lifestyle"]
FACETS: tuple[Facet, ...] = ("interest", "lifestyle")
TABLES = ("events", "labels", "edges", "exposures", "content", "consent")


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """Where the tables lie: files, folders or globs, relative to the settings file."""

    events: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    exposures: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    consent: tuple[str, ...] = ()
    max_bad_share: float = 0.05


@dataclass(frozen=True, kw_only=True)
class ColumnsConfig:
    """How a table's columns are made from a source that names them otherwise.

    Each table maps a column of ours to a DuckDB expression over the source's columns.
    """

    events: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    edges: dict[str, str] = field(default_factory=dict)
    exposures: dict[str, str] = field(default_factory=dict)
    content: dict[str, str] = field(default_factory=dict)
    consent: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChannelsConfig:
    """The role each channel plays; a channel in no role counts as interest."""

    interest: tuple[str, ...] = ("browse", "search", "app")
    sharing: tuple[str, ...] = ("share",)
    money: tuple[str, ...] = ("purchase", "return")
    voice: tuple[str, ...] = ("like", "comment", "ugc")
    invitations: tuple[str, ...] = ("refer",)

    def roles(self) -> dict[str, str]:
        """Map each configured channel to its role."""
        return {
            channel: role.name
            for role in dataclasses.fields(self)
            for channel in getattr(self, role.name)
        }


@dataclass(frozen=True, kw_only=True)
class FacetConfig:
    """One way of looking at people: its tag sources and their support limits.

    A source is a channel role (`interest`, `voice`, `money`, `sharing`) whose tags are taken as
    they are, or a habit (`labels`, `rhythm`, `channels`, `tempo`, `spending`) turned into tags.
    `ties` says how much the mean of the people one is tied to counts beside one's own tags.
    """

    sources: tuple[str, ...]
    half_life_days: float = 30.0
    clip: float = 10.0
    min_users: int = 5
    min_tags: int = 2
    ties: float = 0.0


def interest_facet() -> FacetConfig:
    """What people look at, use, react to and buy."""
    return FacetConfig(sources=("interest", "voice", "money"))


def lifestyle_facet() -> FacetConfig:
    """How people live; habits change more slowly than interests."""
    sources = ("labels", "rhythm", "channels", "tempo", "spending")
    return FacetConfig(sources=sources, half_life_days=90.0)


@dataclass(frozen=True, kw_only=True)
class FacetsConfig:
    """The facets a run segments by."""

    interest: FacetConfig = field(default_factory=interest_facet)
    lifestyle: FacetConfig = field(default_factory=lifestyle_facet)


@dataclass(frozen=True, kw_only=True)
class GuideConfig:
    """What circles are asked to be. A word is a tag, or the id of a circle of the run before.

    `seeds` are lists of tags a circle shall grow from; `together` lists whose circles become one,
    `apart` lists no circle shall unite; `frozen` circles keep their profile and id.
    """

    seeds: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CirclesConfig:
    """How many circles, how small, how many a person; `resamples` measure stability.

    With `warm_start` the circles of the run before are tried beside those found afresh.
    """

    count: int | Literal["auto"] = "auto"
    coverage: float | Literal["auto"] = "auto"
    min_circle_share: float = 0.0008
    max_circles: int = 3
    resamples: int = 5
    warm_start: bool = True
    guide: GuideConfig = field(default_factory=GuideConfig)


@dataclass(frozen=True, kw_only=True)
class GatesConfig:
    """What keeps a run from being published; each is checked in every facet.

    The largest circle's part of the people who could be placed, the part of all people in a
    circle, and the stability of the circle a person is in, on average.
    """

    max_largest_share: float = 0.6
    min_coverage: float = 0.0
    min_stability: float = 0.1


@dataclass(frozen=True, kw_only=True)
class SharingConfig:
    """How long after seeing a content a share still counts as its outcome."""

    horizon_days: float = 30.0


@dataclass(frozen=True, kw_only=True)
class EvidenceConfig:
    """What shows that somebody is at a stage: acts on so many days and in so many windows.

    `channels` names channels, roles of `[channels]`, or `acts`: what means more than looking.
    `within` looks back so many windows, 0 as far as there is; `active` asks that anything at all
    happened in the last window.
    """

    channels: tuple[str, ...] = ("acts",)
    days: int = 1
    windows: int = 1
    within: int = 0
    active: bool = True


def once() -> EvidenceConfig:
    """One act ever, as a customer once is a customer."""
    return EvidenceConfig(active=False)


def again() -> EvidenceConfig:
    """Acts on two days."""
    return EvidenceConfig(days=2)


def lasting() -> EvidenceConfig:
    """Acts in two windows."""
    return EvidenceConfig(days=2, windows=2)


def carrying() -> EvidenceConfig:
    """Sharing or inviting of late."""
    return EvidenceConfig(channels=("sharing", "invitations"), within=1)


@dataclass(frozen=True, kw_only=True)
class StagesConfig:
    """The evidence for each stage above `engage`, where everybody is; the highest wins."""

    acquire: EvidenceConfig = field(default_factory=once)
    nurture: EvidenceConfig = field(default_factory=again)
    retain: EvidenceConfig = field(default_factory=lasting)
    advocate: EvidenceConfig = field(default_factory=carrying)


@dataclass(frozen=True, kw_only=True)
class LifecycleConfig:
    """The window in which evidence must lie, how many of them are followed, and the evidence.

    `asking` are channels or roles in which people ask for more, a rung of 5A.
    """

    window_days: float = 30.0
    windows: int = 12
    asking: tuple[str, ...] = ("search", "voice")
    stages: StagesConfig = field(default_factory=StagesConfig)


@dataclass(frozen=True, kw_only=True)
class RightsConfig:
    """The policy file; without one the built-in policy of four tiers applies."""

    policy: str = "rights.toml"


@dataclass(frozen=True, kw_only=True)
class PrivacyConfig:
    """The smallest audience shown, and tags that must never shape a circle."""

    min_audience: int = 50
    sensitive_tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StoreConfig:
    """How many snapshots are kept for rollback, and how long events sent over HTTP; 0: for good."""

    keep_runs: int = 10
    keep_sent_days: int = 0


@dataclass(frozen=True, kw_only=True)
class ResourcesConfig:
    """What a run may use of the machine, and what reads and sums the rows.

    `spark_master` is where Spark runs; by default on this machine, with so many `threads`.
    """

    memory_limit: str = "8GB"
    threads: int = 2
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark_master: str = ""


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings of a run."""

    input: InputConfig = field(default_factory=InputConfig)
    columns: ColumnsConfig = field(default_factory=ColumnsConfig)
    channels: ChannelsConfig = field(default_factory=ChannelsConfig)
    facets: FacetsConfig = field(default_factory=FacetsConfig)
    circles: CirclesConfig = field(default_factory=CirclesConfig)
    gates: GatesConfig = field(default_factory=GatesConfig)
    sharing: SharingConfig = field(default_factory=SharingConfig)
    lifecycle: LifecycleConfig = field(default_factory=LifecycleConfig)
    rights: RightsConfig = field(default_factory=RightsConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    resources: ResourcesConfig = field(default_factory=ResourcesConfig)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a settings file; every key is optional, an unknown one is an error."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ConfigError(
                f"There is no settings file {path}. `coterie init` writes one."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid TOML: {error}.") from error
        settings = overlay(cls(), table, str(path))
        check_bounds(settings, str(path))
        check_roles(settings.channels, str(path))
        check_master(settings.resources.spark_master, str(path))
        return settings
