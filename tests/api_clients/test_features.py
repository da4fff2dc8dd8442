"""The table of clients and features has no empty place."""

from __future__ import annotations

import pytest
from feature_table import CANNOT, CLIENTS, FEATURES, FeatureTable


def test_each_feature_is_tried_with_each_client_or_it_is_said_why_not(feature_table: FeatureTable):
    if set(feature_table.clients) != set(CLIENTS):
        pytest.skip("only some of the clients are tested")
    tried = set(feature_table.cells)
    beyond = {(feature, client) for client, reasons in CANNOT.items() for feature in reasons}
    missing = {(feature, client) for feature in FEATURES for client in CLIENTS} - tried - beyond
    assert sorted(missing) == []
    assert sorted(tried & beyond) == [], "what is tested is not beyond the client"
    assert all(feature in FEATURES for feature, _ in beyond)
