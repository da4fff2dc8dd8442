"""The plan of the house: no circles, no module that is too long, and the map that CONTRIBUTING.md shows."""

from __future__ import annotations

import rooms


def test_no_two_modules_import_each_other():
    assert (
        rooms.circles({name: module.imports for name, module in rooms.modules().items() if name != rooms.HOUSE}) == []
    )


def test_no_module_is_longer_than_three_hundred_lines():
    assert [name for name, module in rooms.modules().items() if module.lines > rooms.LONGEST] == []


def test_the_page_shows_the_map_as_it_is():
    """When this fails: python tools/rooms.py --write."""
    assert rooms.PAGE.read_text("utf-8") == rooms.page(rooms.modules())
