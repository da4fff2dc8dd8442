"""What users may lean on: listed, sorted, documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import grokcall

ROOMS = [each.name for each in pkgutil.iter_modules(grokcall.__path__)]
HELPERS = {"TYPE_CHECKING", "lazy_names"}


def in_groups(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest: the order that the linter keeps lists of names in."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


def test_the_list_of_public_names_is_sorted_and_complete():
    modules = {"actions", "duckdb", "sandbox"}
    offered = {name for name in dir(grokcall) if not name.startswith("_")} - modules - set(ROOMS) - HELPERS
    assert grokcall.__all__ == sorted(grokcall.__all__, key=in_groups)
    assert set(grokcall.__all__) == offered | {"__version__"}


@pytest.mark.parametrize("name", grokcall.__all__)
def test_every_public_name_can_be_had(name):
    assert getattr(grokcall, name) is not None


OURS = [name for name in grokcall.__all__ if getattr(getattr(grokcall, name), "__module__", "").startswith("grokcall")]
NAMED_BY_PEP_249 = ("BINARY", "DATETIME", "NUMBER", "ROWID", "STRING")


@pytest.mark.parametrize("name", [name for name in OURS if name not in NAMED_BY_PEP_249])
def test_every_public_name_is_documented(name):
    value = getattr(grokcall, name)
    assert value.__doc__ is not None
    assert value.__doc__.strip().endswith((".", "\n", "'", ")", "]")) or ">>>" in value.__doc__
    if inspect.isclass(value):
        undocumented = [
            member
            for member, function in vars(value).items()
            if not member.startswith("_")
            and (inspect.isfunction(function) or isinstance(function, property))
            and not (function.__doc__ or "").strip()
        ]
        assert undocumented == []


def test_the_version_reads_as_one():
    assert [part.isdigit() for part in grokcall.__version__.split(".")[:2]] == [True, True]


@pytest.mark.parametrize(("old", "new"), [("HttpReply", "HttpResponse"), ("KeptCatalog", "UserCatalog")])
def test_an_old_name_still_works_and_says_what_it_is_called_now(old, new):
    with pytest.warns(DeprecationWarning, match=new):
        assert getattr(grokcall, old) is getattr(grokcall, new)


@pytest.mark.parametrize("path", ["grokcall.journal.faults.JournalBusyError", "grokcall.tables.faults.OutputFull"])
def test_an_old_path_still_works_and_says_where_it_has_moved(path):
    module, _, name = path.rpartition(".")
    with pytest.warns(DeprecationWarning, match="has moved to"):
        assert getattr(importlib.import_module(module), name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Conection'"):
        _ = grokcall.Conection  # type: ignore[attr-defined]


HEAVY = ("aiohttp", "duckdb", "httpx", "numpy", "pandas", "pyarrow", "pydantic", "rich", "sqlglot", "typer")


def test_heavy_libraries_come_with_their_first_use():
    told = f"import sys, grokcall\nprint([name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
