"""Calls of the public API as users write them: checked by the type checker, never run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

import grokcall
from grokcall import ExecuteCommand, HttpRequest, HttpResponse, Lookup, LookupResult, LookupStream, const, file


def use_a_cursor() -> list[tuple[object, ...]]:
    with grokcall.connect(profile="work", timeout=30, concurrency=8, default_models={"text": "grok-4.3"}) as connection:
        cursor: grokcall.Cursor = connection.cursor()
        cursor.execute("CALL GenerateResponse(:Message)", {"Message": "hi"})
        cursor.execute("CALL GenerateResponse(?)", ["hi"]).fetchmany(size=2)
        cursor.execute("CALL GenerateResponse(:Message)", params={"Message": "hi"})
        cursor.executemany("CALL GenerateResponse(:Message)", [{"Message": "a"}, {"Message": "b"}])
        given: list[object] = cursor.callproc("GenerateResponse", list[object](["hi"]))
        named: dict[str, object] = cursor.callproc("GenerateResponse", dict[str, object](Message="hi"))
        one: tuple[object, ...] | None = cursor.fetchone()
        table: pa.Table = cursor.fetch_arrow_table()
        names: list[str] = [column[0] for column in cursor.description or ()]
        for row in cursor:
            print(row, given, named, one, table, names)
        return connection.execute("SELECT 1").fetchall()


def use_a_lookup(rows: Sequence[Mapping[str, object]]) -> Decimal:
    with grokcall.connect(api_key=lambda: "from a vault") as connection:
        result: LookupResult = connection.lookup(
            "CALL AnalyzeImage(:Instructions, :Image)",
            rows,
            {"Instructions": const("What is it?"), "Image": file("path")},
            on_error="ignore",
            fields=["Response_Result"],
        )
        tables: tuple[pa.Table, pa.Table] = result.rows, result.errors
        stream: LookupStream
        with connection.lookup_stream("CALL GenerateResponse(:body)", "tickets.csv") as stream:
            for good, bad in stream:
                batches: tuple[pa.RecordBatch, pa.RecordBatch] = good, bad
                print(tables, batches)
        return result.summary.cost_usd


def use_a_stream(connection: grokcall.Connection) -> str:
    with connection.stream("CALL GenerateResponse(:m)", {"m": "hi"}, max_cost="0.1") as stream:
        for piece in stream:
            kind: grokcall.PieceKind = piece.kind
            print(kind, str(piece), piece.data, piece.detail, piece.as_dict())
        row: dict[str, object] | None = stream.result
        usage: grokcall.StreamUsage | None = stream.usage
        print(row, usage, stream.sound, stream.warnings)
    return stream.text


async def use_an_asynchronous_stream(connection: grokcall.AsyncConnection) -> list[str]:
    stream: grokcall.AsyncCallStream = connection.astream("CALL GenerateResponse(?)", ["hi"])
    try:
        async with connection.stream("CALL GenerateResponse(?)", ["hi"]) as other:
            print([piece.text async for piece in other])
        return [str(piece) async for piece in stream]
    except grokcall.StreamCutError as error:
        partial: str | bytes = error.partial
        return [str(partial), str(error.response_id)]
    finally:
        await stream.close()


async def use_the_asynchronous_twins(connection: grokcall.Connection) -> pa.Table:
    result: LookupResult = await connection.alookup("CALL GenerateResponse(:body)", [{"body": "hi"}])
    print(result.summary.as_dict())
    return await connection.acall("CALL GenerateResponse(?)", ["hi"])


async def use_an_asynchronous_connection(rows: Sequence[Mapping[str, object]]) -> list[tuple[object, ...]]:
    async with grokcall.aconnect(profile="work", concurrency=8) as connection:
        cursor: grokcall.AsyncCursor = connection.cursor(max_calls=3)
        await cursor.execute("CALL GenerateResponse(:Message)", {"Message": "hi"})
        await (await cursor.execute("CALL GenerateResponse(?)", ["hi"])).fetchmany(size=2)
        await cursor.executemany("CALL GenerateResponse(:Message)", [{"Message": "a"}, {"Message": "b"}])
        await cursor.executescript("SELECT 1; SELECT 2")
        given: list[object] = await cursor.callproc("GenerateResponse", list[object](["hi"]))
        one: tuple[object, ...] | None = await cursor.fetchone()
        table: pa.Table = cursor.fetch_arrow_table()
        names: list[str] = [column[0] for column in cursor.description or ()]
        async for row in cursor:
            print(row, given, one, table, names, cursor.rowcount, cursor.messages, cursor.nextset())
        stream: grokcall.AsyncLookupStream
        async with connection.lookup_stream("CALL GenerateResponse(:body)", "tickets.csv") as stream:
            async for good, bad in stream:
                batches: tuple[pa.RecordBatch, pa.RecordBatch] = good, bad
                print(batches, stream.summary.cost_usd)
        answer: pa.Table = await connection.call("CALL GenerateResponse(?)", ["hi"])
        result: LookupResult = await connection.lookup("CALL GenerateResponse(:body)", rows)
        print(answer, result.summary.as_dict(), connection.options, connection.budget, connection.catalog)
    awaited: grokcall.AsyncConnection = await grokcall.aconnect()
    try:
        return await (await awaited.execute("SELECT 1")).fetchall()
    finally:
        await awaited.close()


def cancel_a_statement(cursor: grokcall.Cursor, other: grokcall.AsyncCursor) -> pa.Table | None:
    try:
        cursor.cancel(patience=5)
        cursor.adbc_cancel()
        other.cancel()
    except grokcall.StoppedError as error:
        answered: pa.Table | None = error.result
        return answered
    return None


def use_a_step(batch: pa.RecordBatch) -> pa.RecordBatch:
    step = Lookup(
        "CALL GenerateResponse(:Message)", {"Message": "body"}, on_error="fail", base_url="https://api.x.ai/v1"
    )
    schema: pa.Schema = step.schema(batch.schema)
    print(schema)
    return step(batch)


def use_a_command(connection: grokcall.Connection) -> list[dict[str, object]]:
    action = ExecuteCommand(connection, "CALL GenerateResponse(:Message)")
    required: list[str] = [parameter.name for parameter in action.parameters if parameter.required]
    print(required, action.schema)
    return action.run({"Message": "hi"})


def talk_over_sockets(connection: grokcall.Connection, chunks: list[bytes]) -> pa.Table:
    with connection.speak(["Good ", "morning"], Voice="ara", max_cost="0.01") as sound:
        played: bytes = b"".join(sound)
        print(played, sound.characters, sound.cost_usd)
    with connection.transcribe_stream(chunks, sample_rate=16_000, language="en", interim=True) as words:
        for utterance in words:
            told: tuple[str, float | None, bool] = utterance.text, utterance.start, utterance.finished
            print(told, [word.text for word in utterance.words])
    with connection.realtime(instructions="Be short.", tools=["stock"], turn_detection=None) as session:
        session.audio(chunks[0])
        session.commit()
        for event in session:
            if event.kind is grokcall.realtime.TalkEventKind.AUDIO:
                print(event.data, event.raw)
    return session.turns


def use_a_transport_of_your_own() -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, {"content-type": "application/json"}, request.body or b"{}")

    with grokcall.connect(api_key=grokcall.SecretKey("a key"), transport=answer) as connection:
        connection.execute("CALL ListModels()")


def read_an_error(error: grokcall.ServiceError) -> tuple[int, str | None, str | None, bool, float | None]:
    return error.status, error.code, error.request_id, error.retryable, error.retry_after
