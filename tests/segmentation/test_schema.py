"""The tables of a database follow the migrations, on SQLite and PostgreSQL alike."""

import re

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from segmentation.database import open_database
from segmentation.errors import StoreError
from segmentation.schema import (
    MIGRATIONS,
    bring_up_to_date,
    exclusive,
    migrate,
    newest_revision,
    revision,
)
from segmentation.sqltables import metadata


def script():
    """The migrations as Alembic sees them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def bare(database):
    """The same database without any table."""
    everything = sa.MetaData()
    everything.reflect(database)
    everything.drop_all(database)
    return database


def test_the_migrations_are_one_line_that_ends_in_the_newest_file():
    """Two files of one number, or from one parent, would be two ways to go."""
    line = [step.revision for step in script().walk_revisions()]

    assert line == sorted(line, reverse=True)
    assert line[0] == newest_revision()


def test_the_migrations_make_the_tables_as_they_are_declared(database):
    """Alembic finds no difference between the two."""
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, metadata) == []
        assert revision(connection) == newest_revision()


def test_a_database_from_before_migrations_keeps_its_keys(database):
    """The first migration finds its table there and goes on."""
    with bare(database).begin() as connection:
        metadata.tables["api_keys"].create(connection)
        connection.exec_driver_sql(
            "INSERT INTO api_keys (key_id, name, scopes, secret_hash, created) "
            "VALUES ('k', 'shop', 'read', 'h', '2026-11-01 00:00:00')"
        )

    bring_up_to_date(database)

    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT key_id FROM api_keys").scalar() == "k"
        assert revision(connection) == newest_revision()


@pytest.mark.parametrize("step", [step.revision for step in script().walk_revisions()])
def test_every_earlier_revision_comes_up_to_date(database, step):
    """However long a store has been left alone."""
    with exclusive(bare(database)) as connection:
        migrate(connection, step)

    bring_up_to_date(database)

    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_migration_that_fails_leaves_nothing_behind(database):
    """The tables and the revision are of one transaction."""

    def cut_off():
        with exclusive(bare(database)) as connection:
            migrate(connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_off()

    assert sa.inspect(database).get_table_names() == []


def test_a_database_of_a_newer_version_is_left_alone(database, tmp_path):
    """The message says both revisions."""
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    message = re.escape(f"is at revision 9999, this program knows {newest_revision()}")
    with pytest.raises(StoreError, match=message):
        open_database(tmp_path, database.url.render_as_string(hide_password=False))
