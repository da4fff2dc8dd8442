"""What the service stores is not downloaded where nobody asks for its content."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import grokcall
from grokcall.http.aiohttp_transport import AiohttpTransport
from grokcall.sandbox import SANDBOX_KEY

IMAGE = "CALL GenerateImage(:d, StoreAs => 'kite.jpg', PublicUrl => TRUE)"
FILM = "CALL GenerateVideo(:d, Duration => 1, StoreAs => 'boat.mp4')"
ROWS = [{"d": "a kite"}]
TOLD = ["ResultImage_Url", "ResultImage_FileId", "ResultImage_PublicUrl", "ResultImage_CostInUsdTicks"]


class Counting:
    """The network, with what came over it counted."""

    def __init__(self) -> None:
        self.inner = AiohttpTransport()
        self.asked: list[tuple[str, str]] = []
        self.bytes = 0

    async def send(self, request: grokcall.HttpRequest) -> grokcall.HttpResponse:
        """The reply of the network."""
        self.asked.append((request.method, request.url.partition("/v1/")[2]))
        reply = await self.inner.send(request)
        self.bytes += len(reply.body)
        return reply

    async def close(self) -> None:
        """Closes the connections."""
        await self.inner.close()

    @property
    def downloads(self) -> int:
        """How often something was fetched that is no word of the API."""
        return sum(method == "GET" and not path.startswith("videos/") for method, path in self.asked)


@pytest.fixture
def network() -> Counting:
    return Counting()


@pytest.fixture
def connection(sandbox, network) -> Iterator[grokcall.Connection]:
    with grokcall.connect(
        api_key=SANDBOX_KEY, base_url=sandbox.base_url, transport=network, poll_interval=0.05
    ) as made:
        yield made


def fetched(connection, row):
    return connection.execute("CALL DownloadFile(:f)", {"f": row["ResultImage_FileId"]}).fetchone()[0]


def test_a_stored_image_is_left_where_only_its_file_is_asked_for(connection, network):
    (row,) = connection.lookup(IMAGE, ROWS, fields=TOLD).rows.to_pylist()
    assert network.downloads == 0
    assert network.bytes < 2_000, "the reply had the image in it"
    assert all(row[name] for name in TOLD)
    assert fetched(connection, row)[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("call", ["GenerateImages(:d, 2, {})", "EditImageByUrl('pink', :u, {})"])
def test_so_are_several_and_changed_ones(connection, network, call, service):
    link = connection.lookup(IMAGE, ROWS, fields=["ResultImage_Url"]).rows["ResultImage_Url"].to_pylist()[0]
    statement = "CALL " + call.format("StoreAs => 'kite.jpg'")
    found = connection.lookup(statement, [{"d": "a kite", "u": link}], fields=["ResultImage_FileId"], many="expand")
    assert all(found.rows["ResultImage_FileId"].to_pylist())
    assert network.downloads == 0


def test_a_stored_video_is_left_and_fetched_once_somebody_wants_it(connection, network):
    fields = ["ResultVideo_FileId", "ResultVideo_RequestId", "ResultVideo_Duration"]
    (row,) = connection.lookup(FILM, ROWS, fields=fields).rows.to_pylist()
    assert network.downloads == 0
    assert row["ResultVideo_Duration"] == 1
    again = connection.lookup("CALL GetVideo(:ResultVideo_RequestId)", [row], fields=["ResultVideo_Url"], prefix="v_")
    assert again.rows["v_ResultVideo_Url"].to_pylist()[0].startswith("http")
    assert network.downloads == 0
    assert connection.execute("CALL GetVideo(?)", [row["ResultVideo_RequestId"]]).fetchone()[0][4:8] == b"ftyp"
    assert network.downloads == 1


@pytest.mark.parametrize("fields", [None, ["ResultVideo_FileId", "resultvideo_content"]])
def test_the_content_is_fetched_where_it_is_asked_for_or_nothing_is_said(connection, network, fields):
    (row,) = connection.lookup(FILM, ROWS, fields=fields).rows.to_pylist()
    assert network.downloads == 1
    assert row["ResultVideo_Content"][4:8] == b"ftyp"


def test_what_is_not_stored_is_fetched_although_its_content_is_not_asked_for(connection, network):
    connection.lookup("CALL GenerateVideo(:d, Duration => 1)", ROWS, fields=["ResultVideo_Url"])
    assert network.downloads == 1


def test_a_video_that_is_to_be_written_is_fetched(sandbox, network, tmp_path):
    with grokcall.connect(
        api_key=SANDBOX_KEY, base_url=sandbox.base_url, transport=network, poll_interval=0.05, allow_files=True
    ) as connection:
        statement = FILM.replace("StoreAs", "To => :to, StoreAs")
        to = {"to": grokcall.const(str(tmp_path / "boat.mp4"))}
        connection.lookup(statement, ROWS, to, fields=["ResultVideo_FileId"])
    assert (tmp_path / "boat.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_row_without_content_does_not_answer_who_wants_it(connection, sandbox, tmp_path):
    options = {"journal": tmp_path / "j"}
    (left,) = connection.lookup(IMAGE, ROWS, fields=TOLD, **options).rows.to_pylist()
    (again,) = connection.lookup(IMAGE, ROWS, fields=TOLD, **options).rows.to_pylist()
    assert again == left
    assert len(sandbox.ledger()) == 1
    (whole,) = connection.lookup(IMAGE, ROWS, fields=[*TOLD, "ResultImage_Content"], **options).rows.to_pylist()
    assert whole["ResultImage_Content"][:3] == b"\xff\xd8\xff"
    assert whole["ResultImage_FileId"] != left["ResultImage_FileId"], "it is another call, and says so by its file"
    assert len(sandbox.ledger()) == 2


def test_a_procedure_of_one_s_own_leaves_the_content_as_well(connection, network):
    connection.execute(f"CREATE PROCEDURE Kite(d VARCHAR) AS {IMAGE}")
    connection.lookup("CALL Kite(:d)", ROWS, fields=TOLD)
    assert network.downloads == 0
    assert network.bytes < 2_000


CALLED = "GenerateImage('a kite', StoreAs := 'kite.jpg')"


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT r.ResultImage_FileId FROM {CALLED} r",
        f"SELECT ResultImage_FileId, count(*) OVER () FROM {CALLED}",
        f"WITH made AS (SELECT r.ResultImage_FileId AS f FROM {CALLED} AS r) SELECT f, 1 FROM made",
    ],
)
def test_a_query_that_names_the_file_alone_leaves_the_content(connection, network, query):
    assert connection.execute(query).fetchone()[0].startswith("file")
    assert network.bytes < 2_000


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT ResultImage_FileId, ResultImage_Content FROM {CALLED}",
        f"SELECT r.ResultImage_FileId, r.* FROM {CALLED} r",
        f"SELECT r.ResultImage_FileId, r FROM {CALLED} r",
        f"FROM {CALLED} r WHERE r.ResultImage_FileId IS NOT NULL",
        f"SELECT f FROM (FROM {CALLED} r SELECT r.ResultImage_FileId f, r.resultimage_content)",
        f"SELECT COLUMNS('.*') FROM {CALLED} r WHERE r.ResultImage_FileId IS NOT NULL",
    ],
)
def test_a_query_that_may_want_the_content_has_it(connection, network, query):
    connection.execute(query).fetchall()
    assert network.bytes > 2_000


def test_both_queries_after_each_other_are_two_calls(connection, sandbox):
    connection.execute(f"SELECT r.ResultImage_FileId FROM {CALLED} r").fetchall()
    found = connection.execute(f"SELECT r.ResultImage_FileId, r.ResultImage_Content FROM {CALLED} r").fetchone()
    assert found[1][:3] == b"\xff\xd8\xff"
    assert len(sandbox.ledger()) == 2
