"""The tree of errors: codes, what may be retried, what stays a ValueError."""

import inspect
import re

import pytest

import cinch_client
from cinch_client import CinchDB, CinchError, ConstraintError, InvalidValueError, QueryError

ERRORS = sorted(
    (each for each in vars(cinch_client).values() if inspect.isclass(each) and issubclass(each, CinchError)),
    key=lambda each: each.__name__,
)


def test_every_error_has_a_code_of_its_own() -> None:
    assert {each.__name__: each.code for each in ERRORS} == {
        "AlreadyExistsError": "already_exists",
        "BranchNotFoundError": "branch_not_found",
        "BusyError": "busy",
        "CinchError": "error",
        "ColumnNotFoundError": "column_not_found",
        "ConfigurationError": "configuration",
        "ConstraintError": "constraint",
        "DatabaseNotFoundError": "database_not_found",
        "DriftError": "drift",
        "IndexNotFoundError": "index_not_found",
        "InvalidNameError": "invalid_name",
        "InvalidValueError": "invalid_value",
        "MaintenanceError": "maintenance",
        "NotFoundError": "not_found",
        "ProjectNotFoundError": "project_not_found",
        "QueryError": "query",
        "QueryTimeoutError": "query_timeout",
        "RecordNotFoundError": "record_not_found",
        "SchemaError": "schema",
        "StorageError": "storage",
        "TableNotFoundError": "table_not_found",
        "TenantNotFoundError": "tenant_not_found",
        "TransactionScopeError": "transaction_scope",
        "UnsupportedError": "unsupported",
    }


def test_what_may_be_tried_again() -> None:
    assert [each.__name__ for each in ERRORS if each.retryable] == ["BusyError", "MaintenanceError"]


def test_what_0_1_raised_as_value_errors_stays_one() -> None:
    no_value_errors = [each.__name__ for each in ERRORS if not issubclass(each, ValueError)]
    assert no_value_errors == [
        "BusyError",
        "CinchError",
        "DriftError",
        "MaintenanceError",
        "StorageError",
        "TransactionScopeError",
    ]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_is_described(error: type[CinchError]) -> None:
    assert error.__doc__
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)


def test_what_an_error_carries() -> None:
    value = InvalidValueError("no", column="age")
    assert (str(value), value.column) == ("no", "age")
    broken = ConstraintError("no", constraint="unique", table="t", columns=["a", "b"])
    assert (broken.constraint, broken.table, broken.columns, broken.column) == ("unique", "t", ("a", "b"), None)


def test_foreign_exceptions_are_the_cause_and_do_not_escape(shop: CinchDB) -> None:
    with pytest.raises(QueryError) as caught:
        shop.query("SELEC")
    assert type(caught.value.__cause__).__module__ == "sqlite3"
    with pytest.raises(ConstraintError) as refused:
        shop.insert("users", {"id": "1"}, {"id": "1"})
    assert type(refused.value.__cause__).__module__ == "sqlite3"
