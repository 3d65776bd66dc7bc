"""Whether the settings fit the schema. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from cinch_client import Schema
from cinch_codegen._names import is_class_name, is_field_name
from cinch_codegen._options import Options
from cinch_codegen._types import misfit


def setting_problems(schema: Schema, options: Options) -> list[str]:
    """Return everything in *options* that does not fit *schema*, a sentence each."""
    columns = {relation.name: {column.name: column for column in relation.columns} for relation in schema}
    problems: list[str] = []
    for table, name in options.names.items():
        problems += _unknown(f"names.{table}", table, columns, "table or view")
        if not is_class_name(name):
            problems.append(f"names.{table}: {name!r} cannot be the name of a class")
    for section, tables in (("fields", options.fields), ("types", options.types)):
        problems += _unknown_columns(section, tables, columns)
    for table, names in options.fields.items():
        problems += [
            f"fields.{table}.{column}: {name!r} cannot be the name of a field"
            for column, name in names.items()
            if not is_field_name(name)
        ]
    for table, types in options.types.items():
        for column, kind in types.items():
            schema_column = columns.get(table, {}).get(column)
            reason = misfit(schema_column, kind) if schema_column else None
            if reason:
                problems.append(f"types.{table}.{column}: {reason}")
    return problems


def _unknown_columns(
    section: str, tables: Mapping[str, Mapping[str, object]], columns: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    for table, settings in tables.items():
        yield from _unknown(f"{section}.{table}", table, columns, "table or view")
        if table in columns:
            for column in settings:
                yield from _unknown(f"{section}.{table}.{column}", column, columns[table], "column")


def _unknown(place: str, name: str, known: Iterable[str], what: str) -> Iterator[str]:
    names = list(known)
    if name not in names:
        near = get_close_matches(name, names, n=3)
        yield f"{place}: there is no {what} {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
