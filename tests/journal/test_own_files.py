"""The files of a journal: one writer, for their owner alone, and readable where nothing can be written."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import grokcall
from grokcall.catalog.catalog import open_catalog
from grokcall.journal import Journal, JournalBusyError, JournalError
from installed import COMMAND
from scripted_service import KEY, Service

CAPABILITIES = "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"


def modes(folder: Path) -> dict[str, str]:
    """The permissions of everything in a folder."""
    return {
        str(path.relative_to(folder)): oct(stat.S_IMODE(path.lstat().st_mode)) for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("way", ["soft", "of a link", "hard", "folder", "dots"])
def test_a_journal_has_one_writer_whatever_it_is_called(tmp_path: Path, way: str) -> None:
    path, other = tmp_path / "j", tmp_path / "other"
    if way == "hard":
        Journal(path).close()
        os.link(path, other)
    elif way == "folder":
        (tmp_path / "linked").symlink_to(tmp_path)
        other = tmp_path / "linked" / "j"
    elif way == "dots":
        (tmp_path / "sub").mkdir()
        other = tmp_path / "sub" / ".." / "j"
    elif way == "of a link":
        (tmp_path / "between").symlink_to("j")
        other.symlink_to("between")
    else:
        other.symlink_to("j")
    for first, second in ((path, other), (other, path)):
        with Journal(first), pytest.raises(JournalBusyError, match="in use by"):
            Journal(second)
    with Journal(other) as journal:
        journal.begin("x", {})
    with Journal(path, read_only=True) as journal:
        assert len(journal.runs()) == 1


def test_a_lock_file_that_was_removed_lets_no_second_writer_in(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.begin("x", {})
        (tmp_path / "j.lock").unlink()
        done = subprocess.run(
            [sys.executable, "-c", f"from grokcall.journal import Journal; Journal({str(tmp_path / 'j')!r})"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "JournalBusyError" in done.stderr
        journal.begin("y", {})
    Journal(tmp_path / "j").close()


def test_what_belongs_to_a_journal_is_for_its_owner_from_its_birth(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with (
            grokcall.connect(api_key="sandbox-key", base_url="http://127.0.0.1:9/v1", max_attempts=1) as connection,
            Journal(tmp_path / "j") as journal,
        ):
            journal.begin("x", {})
            found = modes(tmp_path)
            connection.catalog = open_catalog(tmp_path / "own.sql")
            connection.execute("CREATE PROCEDURE Ask(Q VARCHAR) AS CALL GenerateResponse(:Q)")
        found |= modes(tmp_path)
        media = grokcall.journal.media.MediaStore(tmp_path / "m.media")
        media.save(grokcall.journal.media.sha256(b"x"), b"x")
        found |= modes(tmp_path)
    finally:
        os.umask(before)
    assert {"j", "j.lock", "j.tail-1", "j.tail-2", "own.sql", "m.media"} <= set(found)
    assert {name: mode for name, mode in found.items() if mode not in ("0o600", "0o700")} == {}


@pytest.mark.parametrize("name", ["j.lock", "j.tail-1", "j.tail-2"])
def test_a_link_under_a_name_of_ours_is_not_followed(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / name).symlink_to(victim)
    with contextlib.suppress(JournalError), Journal(tmp_path / "j") as journal:
        journal.begin("x", {})
    assert victim.read_text() == "precious"


def test_a_catalog_by_a_link_stays_one_and_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "real.sql").write_text("")
    (tmp_path / "real.sql").chmod(0o640)
    (tmp_path / "link.sql").symlink_to("real.sql")
    with grokcall.connect(api_key=KEY) as connection:
        connection.catalog = open_catalog(tmp_path / "link.sql")
        connection.execute("CREATE PROCEDURE Ask(Q VARCHAR) AS CALL GenerateResponse(:Q)")
    assert (tmp_path / "link.sql").is_symlink()
    assert "Ask" in (tmp_path / "real.sql").read_text()
    assert stat.S_IMODE((tmp_path / "real.sql").stat().st_mode) == 0o640


def test_runs_are_in_the_order_of_their_numbers_when_the_clock_was_set_back(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        first = journal.begin("a", {}).run_id
        second = journal.begin("b", {}).run_id
        journal._writing().run(lambda connection: connection.execute("UPDATE runs SET started = 5 WHERE id = 2"))
        assert [run.run_id for run in journal.runs()] == [first, second]
        assert journal.run("last").run_id == second
    with Journal(tmp_path / "j") as journal:
        assert journal.prune(keep=1).run_ids == (first,)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or (os.geteuid() == 0 and not shutil.which("setpriv")),
    reason="root may write everywhere",
)
@pytest.mark.parametrize("left", ["closed", "killed"])
@pytest.mark.parametrize("locked", ["folder", "file", "both"])
def test_a_journal_is_read_where_nothing_can_be_written(tmp_path: Path, left: str, locked: str) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    (tmp_path / "t.csv").write_text("q\none\ntwo\n")
    with Service() as service:
        asked = ("--base-url", service.base_url, "--journal", folder / "j", "-o", tmp_path / "o.csv")
        environment = {**os.environ, "XAI_API_KEY": KEY}
        subprocess.run(
            [COMMAND, "lookup", tmp_path / "t.csv", "CALL GenerateResponse(:q)", *asked], check=True, env=environment
        )
    if left == "killed":
        ends = "import os; from grokcall.journal import Journal; j = Journal(%r); j.begin('x', {}); os._exit(9)"
        subprocess.run([sys.executable, "-c", ends % str(folder / "j")], check=False)
    bare = ["setpriv", *CAPABILITIES] if os.geteuid() == 0 else []
    if locked in ("file", "both"):
        (folder / "j").chmod(0o400)
    if locked in ("folder", "both"):
        folder.chmod(0o500)
    try:
        for words in (("list",), ("show", "--json"), ("export",)):
            done = subprocess.run(
                [*bare, COMMAND, "runs", *words, "--journal", folder / "j"], capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr
        before = sorted(path.name for path in folder.iterdir())
    finally:
        folder.chmod(0o700)
    assert not any(name.startswith("j-journal") for name in before)
