from pathlib import Path

import pytest


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder that is the current one, so that tests can name files as users do."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def names():
    """Gives the names of all files in a folder, hidden ones too."""
    return lambda folder=".": sorted(each.name for each in Path(folder).iterdir())
