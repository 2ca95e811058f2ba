"""Alembic runs on the connection it is given (see ``actions.ledger.database.migrate``)."""

from alembic import context

from actions.ledger.models import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run migrations through actions.ledger.database.migrate")
context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
