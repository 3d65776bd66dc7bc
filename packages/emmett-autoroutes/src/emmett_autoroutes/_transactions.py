# pyright: reportMissingTypeStubs=false
"""The transaction of a request: locked, committed, rolled back, and its errors without the driver's words."""

from collections.abc import Generator
from contextlib import contextmanager

from emmett import current

from ._orm import Untyped


class DatabaseError(Exception):
    """The database refused; the transaction was rolled back. The text is ours, never the driver's."""


class ConstraintError(DatabaseError):
    """A constraint of the database was broken."""


class RefusedValueError(DatabaseError):
    """The database cannot hold a value."""


class BusyError(DatabaseError):
    """The database was locked for too long."""


class Transaction:
    """What a request does to one database."""

    def __init__(self, db: Untyped) -> None:
        self._db = db
        self._adapter = db._adapter

    def lock(self) -> None:
        """Begin to write: what is read from here on is not changed by others before the transaction ends.

        Only SQLite needs it. Emmett begins every request with a transaction that turns into a writing one
        at its first write, and SQLite refuses that turn at once if somebody else wrote after its first
        read.
        """
        if self._adapter.dbengine == "sqlite":
            if self._adapter.connection.in_transaction:
                self._adapter.connection.commit()
            self._adapter.begin("IMMEDIATE")

    def commit(self) -> None:
        """Commit what the request did so far."""
        transaction = self._adapter.top_transaction()
        if transaction is not None:
            transaction.commit(begin=False)  # the request does no more; Emmett's own commit finds nothing to do

    def rollback(self) -> None:
        """Undo what the request did so far; Emmett itself commits on a raised 4xx."""
        self._db.rollback()

    @contextmanager
    def guarded(self) -> Generator[None]:
        """Roll back on any error, and turn the driver's errors into ours."""
        driver: Untyped = self._adapter.driver
        try:
            yield
        except driver.Error as error:
            self.rollback()
            self._db.logger.exception("Auto routes: the database refused")
            raise _translated(driver, error) from error
        except BaseException:
            self.rollback()
            raise

    @contextmanager
    def editing(self, key: object | None) -> Generator[None]:
        """Let Emmett's uniqueness validators know which row is being edited."""
        context: Untyped = current
        context._dbvalidation_record_id_ = key
        try:
            yield
        finally:
            del context._dbvalidation_record_id_


def _translated(driver: Untyped, error: Exception) -> DatabaseError:
    if isinstance(error, driver.IntegrityError):
        return ConstraintError("The change conflicts with other records or with a rule of the database.")
    if isinstance(error, driver.DataError):
        return RefusedValueError("The database cannot hold one of the values.")
    if isinstance(error, driver.OperationalError) and "lock" in str(error).lower():
        return BusyError("The database is busy; try again in a moment.")
    return DatabaseError("The database could not do this.")
