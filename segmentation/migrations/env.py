"""What Alembic runs the migrations with: the connection `segmentation.schema` has prepared."""

from alembic import context

from segmentation.sqltables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
