"""SHOW TOOLS and DESCRIBE TOOL: the tools that CREATE TOOL has made, as rows."""

from __future__ import annotations

import pyarrow as pa

from grokcall.catalog.catalog import UserCatalog
from grokcall.core.arrow_arrays import BOOLEAN, INT32, STRING, table_of
from grokcall.dbapi.describe import fits
from grokcall_procedures import Catalog
from grokcall_procedures.own_tools import OwnTool, body_text
from grokcall_procedures.tools.function_arguments import ToolParameter

TOOLS_SCHEMA = pa.schema(
    [
        ("Tool_Name", STRING),
        ("Tool_Description", STRING),
        ("Tool_Signature", STRING),
        ("Tool_Parameters", INT32),
        ("Tool_Kind", STRING),
        ("Tool_Procedure", STRING),
        ("Effect", STRING),
    ]
)
TOOL_DESCRIPTION_SCHEMA = pa.schema(
    [
        ("Kind", STRING),
        ("Position", INT32),
        ("Name", STRING),
        ("Type", STRING),
        ("Required", BOOLEAN),
        ("Default", STRING),
        ("Description", STRING),
    ]
)


def show_tools(catalog: Catalog, like: str | None = None) -> pa.Table:
    """A row for each tool of the catalog whose name fits the SQL pattern ``like``."""
    tools = catalog.tools.values() if isinstance(catalog, UserCatalog) else ()
    chosen = [tool for tool in tools if like is None or fits(tool.name, like)]
    return table_of(
        TOOLS_SCHEMA,
        (
            (
                tool.name,
                tool.statement.comment,
                signature(tool),
                len(tool.parameters),
                "query" if tool.query is not None else "call",
                tool.statement.base,
                str(tool.effect),
            )
            for tool in chosen
        ),
    )


def describe_tool(tool: OwnTool) -> pa.Table:
    """A row for each parameter, then one with the body: the query or the call."""
    types = {each.name: each.type for each in tool.statement.parameters}
    parameters = (
        ("parameter", index, item.name, types[item.name], item.required, default_of(item), item.doc)
        for index, item in enumerate(tool.parameters, 1)
    )
    kind = "query" if tool.query is not None else "call"
    return table_of(
        TOOL_DESCRIPTION_SCHEMA, [*parameters, (kind, None, None, None, None, None, body_text(tool.statement))]
    )


def signature(tool: OwnTool) -> str:
    """The name with its parameters, as they were declared."""
    return f"{tool.name}({', '.join(f'{each.name} {each.type}' for each in tool.statement.parameters)})"


def default_of(parameter: ToolParameter) -> str | None:
    """What counts where the model gives nothing, as text; NULL for none."""
    if isinstance(parameter.default, bytes):
        return f"{len(parameter.default):,} bytes"
    return None if parameter.default is None else str(parameter.default)
