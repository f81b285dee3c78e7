"""What stands in the database: its tables as the program of today knows them."""

from datetime import UTC, datetime

import sqlalchemy as sa


class Moment(sa.types.TypeDecorator[datetime]):
    """A time-zone-aware time, kept as UTC in databases that know no time zones."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn a time into naive UTC."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn naive UTC into a time that says so."""
        return value.replace(tzinfo=UTC) if value else None


metadata = sa.MetaData()


api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment),
    sa.Column("revoked", Moment),
)


audiences = sa.Table(
    "audiences",
    metadata,
    sa.Column("audience_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("filter", sa.Text, nullable=False),
    sa.Column("purpose", sa.String(200)),
    sa.Column("owner", sa.String(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("updated", Moment, nullable=False),
)


audience_versions = sa.Table(
    "audience_versions",
    metadata,
    sa.Column("audience_id", sa.String(32), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("filter", sa.Text, nullable=False),
    sa.Column("purpose", sa.String(200)),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
)


audience_counts = sa.Table(
    "audience_counts",
    metadata,
    sa.Column("audience_id", sa.String(32), primary_key=True),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("told", sa.Integer),
    sa.Column("at", Moment, nullable=False),
)


erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, server_default=sa.text("0")),
)


audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("key_id", sa.String(32), nullable=False),
    sa.Column("action", sa.String(200), nullable=False),
    sa.Column("target", sa.String(200)),
    sa.Column("subject", sa.String(64)),
    sa.Column("purpose", sa.String(200)),
    sa.Column("people", sa.Integer),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("request_id", sa.String(64), nullable=False),
)


replays = sa.Table(
    "replays",
    metadata,
    sa.Column("caller", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("answer", sa.Text),
)


jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("progress", sa.Double, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("run_id", sa.String(64)),
    sa.Column("published", sa.Boolean),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("queued", Moment, nullable=False),
    sa.Column("started", Moment),
    sa.Column("ended", Moment),
    sa.Column("alive", Moment),
)


circle_decisions = sa.Table(
    "circle_decisions",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("circles", sa.Text, nullable=False),
    sa.Column("name", sa.String(200)),
    sa.Column("signatures", sa.Text, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
)


consents = sa.Table(
    "consents",
    metadata,
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("purpose", sa.String(200), primary_key=True),
    sa.Column("granted", sa.Boolean, nullable=False),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
)


Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up integers alone


tier_ledger = sa.Table(
    "tier_ledger",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("at", Moment, nullable=False),
    sa.Column("recorded", Moment, nullable=False),
    sa.Column("reason_codes", sa.Text, nullable=False),
    sa.Column("policy_version", sa.String(200), nullable=False),
    sa.Column("run_id", sa.String(200)),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Index("tier_ledger_user", "user_id", "seq"),
    sa.Index(
        "tier_ledger_hand",
        "user_id",
        "seq",
        # PostgreSQL's too, by its migration: said here it would load that driver everywhere.
        sqlite_where=sa.text("run_id IS NULL"),
    ),
    sqlite_autoincrement=True,  # the number of an erased entry must never be another's
)


live_marks = sa.Table(
    "live_marks",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String(200), nullable=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("recorded", Moment, nullable=False),
    sa.Index("live_marks_run", "run_id"),
)


tier_notices = sa.Table(
    "tier_notices",
    metadata,
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("review_after", Moment),
    sa.Column("ways", sa.Text, nullable=False),
    sa.Column("run_id", sa.String(200), nullable=False),
)


tier_overrides = sa.Table(
    "tier_overrides",
    metadata,
    sa.Column("override_id", Number, primary_key=True, autoincrement=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("ended", Moment),
    sa.Index("tier_overrides_user", "user_id"),
    sa.Index(
        "tier_overrides_until",
        "until",
        sqlite_where=sa.text("ended IS NULL"),
    ),
)


tier_policies = sa.Table(
    "tier_policies",
    metadata,
    sa.Column("version", sa.String(200), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("applied", Moment, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("run_id", sa.String(200), nullable=False),
)


webhook_endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    sa.Column("endpoint_id", sa.String(32), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.String(200), nullable=False),
    sa.Column("old_secret", sa.String(200)),
    sa.Column("old_until", Moment),
    sa.Column("purpose", sa.String(200)),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("delivered", sa.BigInteger, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("retry_at", Moment),
    sa.Column("ended", Moment),
)


webhook_messages = sa.Table(
    "webhook_messages",
    metadata,
    sa.Column("endpoint_id", sa.String(32), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try", Moment, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("webhook_messages_user", "user_id"),
    sa.Index("webhook_messages_turn", "endpoint_id", "state", "next_try"),
)


campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("campaign_id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("filter", sa.Text, nullable=False),
    sa.Column("purpose", sa.String(200)),
    sa.Column("share", sa.Double, nullable=False),
    sa.Column("deviation", sa.Double, nullable=False),
    sa.Column("effect", sa.Double, nullable=False),
    sa.Column("salt", sa.String(64), nullable=False),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("pinned", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("until", Moment),
    sa.Column("ended", Moment),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("tiers_through", sa.BigInteger, nullable=False, server_default=sa.text("0")),
)


campaign_versions = sa.Table(
    "campaign_versions",
    metadata,
    sa.Column("campaign_id", sa.String(32), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("held_out", sa.Integer, nullable=False),
    sa.Column("draws", sa.Integer, nullable=False),
    sa.Column("least_p", sa.Double, nullable=False),
)


campaign_arms = sa.Table(
    "campaign_arms",
    metadata,
    sa.Column("campaign_id", sa.String(32), primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("held_out", sa.Boolean, nullable=False),
    sa.Column("circle_id", sa.String(64)),
    sa.Column("worth", sa.Double),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("campaign_arms_user", "user_id"),
)


campaign_outcomes = sa.Table(
    "campaign_outcomes",
    metadata,
    sa.Column("campaign_id", sa.String(32), primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Double, nullable=False),
    sa.Column("before", sa.Double),
    sa.Index("campaign_outcomes_user", "user_id"),
)


sent_events = sa.Table(
    "sent_events",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("ts", Moment),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("content_id", sa.Text),
    sa.Column("by", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

sent_batches = sa.Table(
    "sent_batches",
    metadata,
    sa.Column("last", Number, primary_key=True, autoincrement=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("oldest", Moment),
    sa.Column("events", sa.LargeBinary, nullable=False),
)
