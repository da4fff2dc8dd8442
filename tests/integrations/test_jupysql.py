"""JupySQL in a notebook's shell, over the address of an engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from scripted_service import KEY


@pytest.fixture
def shell() -> Iterator[Any]:
    """A notebook's shell with the magics loaded."""
    made = InteractiveShell.instance()
    try:
        made.run_line_magic("load_ext", "sql")
        made.run_line_magic("config", "SqlMagic.named_parameters = 'enabled'")
        yield made
    finally:
        made.run_line_magic("sql", "--close grok")
        InteractiveShell.clear_instance()


def test_a_cell_binds_its_markers_from_the_notebook_s_variables(shell, address, service, capsys):
    shell.run_line_magic("sql", f"{address} --alias grok")
    shell.user_ns["Message"] = "hi"
    shell.user_ns["Style"] = "terse"
    result = shell.run_cell_magic("sql", "", "CALL GenerateResponse(:Message, :Style)")
    assert result.DataFrame()["Response_Result"].tolist() == ["HI"]
    (asked,) = service.asked
    assert (asked.text, asked.json["instructions"]) == ("hi", "terse")
    shown = capsys.readouterr()
    assert KEY not in shown.out + shown.err


def test_an_engine_of_one_s_own_serves_as_well(shell, engine, service):
    shell.user_ns["engine"] = engine
    shell.run_line_magic("sql", "engine --alias grok")
    result = shell.run_cell_magic("sql", "", "SHOW PROCEDURES LIKE 'Edit%'")
    assert result.DataFrame()["Procedure_Name"].tolist()[0].startswith("Edit")
    assert result.PolarsDataFrame().height == len(result) > 1
    assert service.asked == []


def test_the_magics_say_what_is_wrong_with_a_statement(shell, engine, service, capsys):
    shell.user_ns["engine"] = engine
    shell.run_line_magic("sql", "engine --alias grok")
    with pytest.raises(Exception, match="did you mean GenerateResponse"):
        shell.run_cell_magic("sql", "", "CALL GenerateRespons('hi')")
    assert service.asked == []
