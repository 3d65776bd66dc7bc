"""The package itself: what it exports, which generated packages it accepts, and what people see at a prompt."""

import inspect
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest
import shop_by_hand
from shop_by_hand import CinchModels

import cinch_models_runtime
from cinch_client import CinchError
from cinch_models_runtime import RuntimeVersionError, require_runtime


def test_the_public_names_are_sorted_and_there():
    names = cinch_models_runtime.__all__
    assert names == sorted(names)
    assert all(hasattr(cinch_models_runtime, name) for name in names)
    public = {name for name in vars(cinch_models_runtime) if not name.startswith("_")}
    assert public <= {*names}


def test_the_version_is_that_of_the_distribution():
    assert cinch_models_runtime.__version__ == version("cinch-models-runtime") == version("cinch-client")


@pytest.mark.parametrize(
    ("generated_for", "advice"),
    [
        ("0.9", "run: cinch-codegen generate shop --output shop_models"),
        ("1.7", "run: pip install 'cinch-models-runtime>=1.7,<2'"),
        ("2.0", "run: pip install 'cinch-models-runtime>=2.0,<3'"),
    ],
)
def test_a_package_of_another_era_gets_one_line_with_the_command(generated_for: str, advice: str):
    with pytest.raises(RuntimeVersionError) as caught:
        require_runtime(generated_for, "cinch-codegen generate shop --output shop_models")
    assert str(caught.value) == (
        f"this package was generated for cinch-models-runtime {generated_for}, not for 1.0.0; {advice}"
    )
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, CinchError)


def test_a_package_of_this_era_is_accepted():
    require_runtime("1.0")


def test_every_error_has_a_code_of_its_own():
    def tree(kind: type[CinchError]) -> list[type[CinchError]]:
        return [kind, *(child for sub in kind.__subclasses__() for child in tree(sub))]

    codes = [kind.code for kind in set(tree(CinchError))]
    assert len(codes) == len(set(codes))


def test_importing_a_generated_package_loads_no_model():
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import shop_by_hand\n"
        "assert not {name for name in sys.modules if name.startswith('shop_by_hand.')}\n"
        "assert 'sqlite3' not in sys.modules\n"
        "assert 'Users' in dir(shop_by_hand) and shop_by_hand.Users.__name__ == 'Users'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_module_level_typo_is_an_attribute_error():
    package: Any = shop_by_hand
    with pytest.raises(AttributeError, match="User"):
        _ = package.User


@pytest.mark.parametrize("method", ["select", "first", "iterate", "count", "exists", "delete_where", "update_where"])
def test_the_signature_shows_every_filter(models: CinchModels, method: str):
    parameters = inspect.signature(getattr(models.Users, method)).parameters
    assert {"age", "age__gte", "age__isnull", "class_", "class___in", "settings__ne", "any_of"} <= set(parameters)
    assert "settings__gt" not in parameters
    assert "filters" not in parameters
    assert parameters["age__gte"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_signature_says_what_a_filter_takes(models: CinchModels):
    parameters = inspect.signature(models.Users.select).parameters
    shown = {name: str(parameters[f"age__{name}"].annotation) for name in ("gt", "in", "between", "isnull")}
    assert shown == {
        "gt": "int | None",
        "in": "collections.abc.Collection[int | None]",
        "between": "tuple[int | None, int | None]",
        "isnull": "<class 'bool'>",
    }


@pytest.mark.parametrize("method", ["create", "__call__", "upsert"])
def test_the_signature_shows_every_column(models: CinchModels, method: str):
    parameters = inspect.signature(getattr(models.Users, method)).parameters
    assert [name for name in parameters if name != "on"] == [
        "id",
        "created_at",
        "updated_at",
        "name",
        "email",
        "age",
        "active",
        "role",
        "balance",
        "settings",
        "avatar",
        "class_",
        "manager_id",
    ]
    assert parameters["name"].default is inspect.Parameter.empty
    assert repr(parameters["role"].default) == "<unset>"


def test_other_signatures_are_as_written(models: CinchModels):
    assert list(inspect.signature(models.OrderLines.find_by_id).parameters) == ["order_id", "line", "include"]
    assert list(inspect.signature(models.Log(message="x").save).parameters) == []
    update = inspect.signature(models.Users(name="Ann").update).parameters
    assert update["name"].default is not inspect.Parameter.empty
    assert str(inspect.signature(models.AdultsView.count)).endswith("-> 'int'")


@pytest.mark.parametrize("name", ["set_connection", "select", "create", "find_by_id"])
def test_a_class_says_where_its_rows_are(name: str):
    model: Any = shop_by_hand.Users
    with pytest.raises(AttributeError) as caught:
        getattr(model, name)
    assert str(caught.value) == (
        f"Users.{name} belongs to no tenant; models are bound by their container: "
        "models = create_models(connection), then models.Users"
    )


@pytest.mark.parametrize("name", ["create", "bulk_create", "update_where", "delete_where", "delete_records", "upsert"])
def test_a_view_says_that_it_cannot_be_written(models: CinchModels, name: str):
    view: Any = models.AdultsView
    with pytest.raises(AttributeError, match="AdultsView is a view: it can be read, not written"):
        getattr(view, name)
    with pytest.raises(AttributeError, match="'AdultsViewHandle' object has no attribute 'nothing'"):
        _ = view.nothing
