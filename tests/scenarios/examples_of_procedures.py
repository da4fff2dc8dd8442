"""The example of each procedure, with what it names made at the sandbox beforehand."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx

import grokcall
from grokcall.sandbox import SANDBOX_KEY
from grokcall_procedures import Procedure

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR4nGP4z8BAEmIY1TCqYfhqAACQ+f8B8u7oVwAAAABJRU5ErkJggg=="
)
"""A PNG of 16 x 16 pixels."""


@dataclass
class Things:
    """Makes what examples name, each thing when it is asked for.

    Attributes:
        connection: A connection to both hosts of the sandbox.
        base_url: Where the sandbox is.
        folder: A folder for what has to be served.
        stack: Ends what had to be started.
    """

    connection: grokcall.Connection
    base_url: str
    folder: Path
    stack: ExitStack
    made: dict[str, str] = field(default_factory=dict)

    def first(self, statement: str, column: str, parameters: dict[str, object] | None = None) -> str:
        """A value of the first row that a statement gives."""
        rows = self.connection.execute(statement, parameters).fetch_arrow_table().to_pylist()
        return str(rows[0][column])

    def voice(self) -> str:
        return self.first("CALL CreateVoice(:s, 'Anna', 'de')", "Voice_Id", {"s": self.sound()})

    def sound(self) -> bytes:
        return self.connection.execute("CALL GenerateAudio('Good morning', 'en', OutputCodec => 'wav')").fetchone()[0]

    def film(self, column: str) -> str:
        text = f"SELECT {column} FROM GenerateVideo('A boat', Duration := 2)"
        return str(self.connection.execute(text).fetchone()[0])

    def film_content(self) -> bytes:
        return self.connection.execute("CALL GenerateVideo('A boat', Duration => 2)").fetchone()[0]

    def sound_url(self) -> str:
        (self.folder / "call.wav").write_bytes(self.sound())
        handler = partial(SimpleHTTPRequestHandler, directory=str(self.folder))
        server = self.stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        Thread(target=server.serve_forever, daemon=True).start()
        self.stack.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/call.wav"

    def picture_url(self) -> str:
        headers = {"Authorization": f"Bearer {SANDBOX_KEY}"}
        reply = httpx.post(f"{self.base_url}/images/generations", json={"prompt": "A kite"}, headers=headers)
        return str(reply.json()["data"][0]["url"])

    def file(self) -> str:
        return self.first("CALL UploadFile(:c, 'kite.png')", "File_Id", {"c": PICTURE})

    def text_file(self) -> str:
        return self.first("CALL UploadFile(X'61', 'a.txt')", "File_Id")

    def linked_file(self) -> str:
        made = self.file()
        self.connection.execute(f"CALL CreateFileUrl('{made}')")
        return made

    def collection(self) -> str:
        return self.first("CALL CreateCollection('handbook')", "Collection_Id")

    def document(self) -> str:
        statement = f"CALL UploadCollectionDocument('{self.named('collection_7')}', X'61', 'a.txt')"
        return self.first(statement, "Document_FileId")

    def batch(self) -> str:
        made = self.first("CALL CreateBatch('night')", "Batch_Id")
        body = '[{"id": "0", "kind": "responses", "body": {"model": "grok-4.3", "input": "Hi"}}]'
        self.connection.execute("CALL AddBatchRequests(:b, :r)", {"b": made, "r": body})
        return made

    def answer(self) -> str:
        return self.first("CALL GenerateResponse('Hello')", "Response_Id")

    def deferred(self) -> str:
        return self.first("CALL StartChatCompletion('grok-4.3', 'Hello')", "Deferred_RequestId")

    def key(self) -> str:
        return self.first("CALL CreateApiKey('etl')", "Key_Id")

    def named(self, name: str) -> str:
        """The thing that stands for a name in an example; for each example its own."""
        if name not in self.made:
            self.made[name] = self._maker(name)()
        return self.made[name]

    def _maker(self, name: str) -> Callable[[], str]:
        return {
            "a1b2c3d4": self.voice,
            "5f0c2b7e-1111-4222-8333-9c0ffee00002": lambda: self.film("ResultVideo_RequestId"),
            "7d1e40c2": self.deferred,
            "0b6f4a2e": self.answer,
            "file_7f1c": self.file,
            "collection_7": self.collection,
            "batch_51ab": self.batch,
            "key-1": self.key,
            "https://example.org/photo.jpg": self.picture_url,
            "https://example.org/boat.mp4": lambda: self.film("ResultVideo_Url"),
            "https://example.org/call.mp3": self.sound_url,
        }[name]


NAMES = (
    "a1b2c3d4",
    "5f0c2b7e-1111-4222-8333-9c0ffee00002",
    "7d1e40c2",
    "0b6f4a2e",
    "collection_7",
    "file_7f1c",
    "batch_51ab",
    "key-1",
    "https://example.org/photo.jpg",
    "https://example.org/boat.mp4",
    "https://example.org/call.mp3",
)


def example_of(procedure: Procedure, things: Things) -> tuple[str, dict[str, object]]:
    """The example of a procedure, and values for its markers.

    Args:
        procedure: The procedure.
        things: What makes the things that it names.
    """
    text = procedure.example
    things.made.clear()
    for name in NAMES:
        if f"'{name}'" not in text:
            continue
        if name == "file_7f1c" and procedure.name == "RevokeFileUrl":
            things.made[name] = things.linked_file()
        # What asks for a document of a collection needs one that is in it, and what adds one a text.
        if name == "file_7f1c" and "collection_7" in things.made:
            adds = procedure.name == "AddCollectionDocument"
            things.made[name] = things.text_file() if adds else things.document()
        text = text.replace(f"'{name}'", f"'{things.named(name)}'")
    values: dict[str, Callable[[], object]] = {
        "Image1_Content": lambda: PICTURE,
        "File1_Content": lambda: b"month,amount\nJanuary,3\nFebruary,7\n",
        "Sound": things.sound,
        "Video_Content": things.film_content,
    }
    return text, {name: make() for name, make in values.items() if f":{name}" in text}
