"""What lists of collections and of their documents have in common: a filter, an order, pages."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.definition import BoundCall, Parameter, Values
from grokcall_procedures.paging import MAX_ROWS, Pages
from grokcall_procedures.steps import Host
from grokcall_procedures.types import ParameterType

LARGEST_PAGE = 100
ORDERS = {"asc": "ORDERING_ASCENDING", "desc": "ORDERING_DESCENDING"}
ORDER = Parameter("Order", ParameterType.ENUM, "In which order.", values=tuple(ORDERS))

ORDER_NOTE = (
    "In a DuckDB connection of your own `Order` stands in quotes, for it is a word of SQL: `\"Order\" := 'desc'`."
)


def sort_by(columns: Mapping[str, str]) -> Parameter:
    """The parameter that says what a list is sorted by.

    Args:
        columns: The service's word for each value.
    """
    return Parameter("SortBy", ParameterType.ENUM, "What to sort by.", values=tuple(columns))


def listed(call: BoundCall, path: str, member: str, columns: Mapping[str, str]) -> Pages:
    """The pages of a list.

    Args:
        call: The call.
        path: The path of the list.
        member: Where in a page the entries stand.
        columns: The service's word for each value of SortBy.
    """
    values = call.values
    query = {
        "limit": LARGEST_PAGE,
        "filter": values.get("Filter"),
        "sort_by": word_of(values, "SortBy", columns),
        "order": word_of(values, "Order", ORDERS),
    }
    return Pages(path, query, member, values.get(MAX_ROWS.name), host=Host.MANAGEMENT)


def word_of(values: Values, name: str, words: Mapping[str, str]) -> str | None:
    """The service's word for a value; one that is not listed is sent as it is."""
    value = values.get(name)
    return None if value is None else words.get(str(value), str(value))
