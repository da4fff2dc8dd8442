"""Talks over a socket: what is said or written is answered by the text rules, and spoken."""

import asyncio
import base64
import binascii
import time
from typing import Any
from uuid import uuid4

import numpy as np

from grokcall_sandbox.api.realtime_events import MODELS, SECOND_TICKS, TEXT_TICKS, RealtimeSettings
from grokcall_sandbox.api.tools import call_functions
from grokcall_sandbox.api.transcription_socket import Hearing
from grokcall_sandbox.errors import unknown_model
from grokcall_sandbox.media.sounds import encode_sound
from grokcall_sandbox.media.speech import speak
from grokcall_sandbox.media.transcripts import Word, read_raw_sound
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.sockets import Serve, SocketSession
from grokcall_sandbox.text.conversation import Conversation, Turn
from grokcall_sandbox.text.rules import answer_conversation

CHUNK_SECONDS = 0.2
"""Seconds of sound in one event."""


def open_talk(call: SandboxRequest) -> Serve:
    """The socket /v1/realtime."""
    model = call.query.get("model", MODELS[0])
    if model not in MODELS:
        raise unknown_model(model)

    async def serve(session: SocketSession) -> None:
        session.model = model
        talker = Talker(session, RealtimeSettings(model))
        try:
            await talker.serve()
        finally:
            await talker.stop()

    return serve


class Talker:
    """Answers over one socket."""

    def __init__(self, session: SocketSession, settings: RealtimeSettings) -> None:
        self._session = session
        self._settings = settings
        self._turns: list[Turn] = []
        self._heard = Hearing()
        self._received = 0.0
        self._billed = 0
        self._response: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Take events until the client leaves."""
        await self._send("session.created", session=self._settings.as_dict())
        await self._send("conversation.created", conversation={"id": f"conv_{uuid4().hex}"})
        await self._send("ping", timestamp=int(time.time() * 1000))
        while True:
            message = await self._session.receive()
            event = {"type": "binary"} if isinstance(message, bytes) else message
            take = self._takers().get(str(event.get("type")))
            if take is None:
                await self._refuse(event, f"Unknown event type: {event.get('type')}", "unknown_event")
            else:
                await take(event)

    async def stop(self) -> None:
        """End what is being said."""
        if self._response is not None and not self._response.done():
            self._response.cancel()
            await asyncio.wait([self._response])
        if self._response is not None and not self._response.cancelled():
            self._response.exception()  # it was sent to somebody who had left

    def _takers(self) -> dict[str, Any]:
        return {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._add_item,
            "conversation.item.delete": self._pass,
            "conversation.item.truncate": self._pass,
            "response.create": self._begin_response,
            "response.cancel": self._cancel,
            "pong": self._pass,
        }

    async def _send(self, kind: str, **members: Any) -> None:
        told = {"type": kind, "event_id": f"event_{uuid4().hex}", "previous_item_id": None}
        await self._session.send(told | members)

    async def _refuse(self, event: dict[str, Any], message: str, code: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message, "event_id": event.get("event_id")}
        await self._send("error", error=error)

    async def _pass(self, event: dict[str, Any]) -> None:
        """Take what has no effect."""

    async def _update(self, event: dict[str, Any]) -> None:
        problem = self._settings.update(event.get("session"))
        if problem is not None:
            await self._refuse(event, problem, "invalid_value")
        else:
            await self._send("session.updated", session=self._settings.as_dict())

    async def _append(self, event: dict[str, Any]) -> None:
        try:
            sound = base64.b64decode(str(event.get("audio", "")), validate=True)
        except (binascii.Error, ValueError):
            await self._refuse(event, "audio must be base64", "invalid_value")
            return
        self._bill_seconds(len(sound) / self._settings.bytes_a_second)
        samples = read_raw_sound(sound, self._settings.codec, self._settings.rate, 1)[0]
        self._heard.samples = np.concatenate([self._heard.samples, samples])
        if self._settings.turn_detection is None:
            return
        words = self._heard.words()
        if not words:
            self._heard.forget(self._heard.begins + self._heard.seconds - self._settings.pause)
        elif self._heard.begins + self._heard.seconds - words[-1].end >= self._settings.pause:
            began, ended = (round(1000 * moment) for moment in (words[0].start, words[-1].end))
            await self._send("input_audio_buffer.speech_started", audio_start_ms=began)
            await self._send("input_audio_buffer.speech_stopped", audio_end_ms=ended)
            await self._hear(words)
            if self._settings.turn_detection.get("create_response") is True:
                await self._begin_response({})

    async def _commit(self, event: dict[str, Any]) -> None:
        if not len(self._heard.samples):
            await self._refuse(event, "The input audio buffer is empty.", "input_audio_buffer_commit_empty")
            return
        await self._hear(self._heard.words())

    async def _hear(self, words: list[Word]) -> None:
        """Make what is in the buffer a turn of the user's."""
        text = " ".join(word.text for word in words)
        item = f"item_{uuid4().hex}"
        self._heard.counted += len(words)
        self._heard.forget(self._heard.begins + self._heard.seconds)
        self._turns.append(Turn("user", text))
        await self._send("input_audio_buffer.committed", item_id=item)
        told = {"id": item, "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
        await self._send("conversation.item.added", item=told)
        kind = "conversation.item.input_audio_transcription"
        await self._send(f"{kind}.updated", item_id=item, content_index=0, transcript=text)
        await self._send(f"{kind}.completed", item_id=item, content_index=0, transcript=text)

    async def _clear(self, event: dict[str, Any]) -> None:  # noqa: ARG002
        self._heard = Hearing()
        await self._send("input_audio_buffer.cleared")

    async def _add_item(self, event: dict[str, Any]) -> None:
        given = event.get("item")
        item: dict[str, Any] = given if isinstance(given, dict) else {}
        kind = item.get("type")
        if kind == "message":
            parts = item.get("content") or []
            text = "".join(str(part.get("text", "")) for part in parts)
            self._turns.append(Turn(str(item.get("role", "user")), text))
            self._session.bill(TEXT_TICKS)
        elif kind == "function_call_output":
            self._turns.append(Turn("tool", str(item.get("output", ""))))
        else:
            await self._refuse(event, f"Unknown item type: {kind}", "invalid_value")
            return
        await self._send("conversation.item.added", item={"id": f"item_{uuid4().hex}", **item})

    async def _begin_response(self, event: dict[str, Any]) -> None:  # noqa: ARG002
        if self._response is not None:
            await asyncio.wait([self._response])
        self._response = asyncio.create_task(self._respond())

    async def _cancel(self, event: dict[str, Any]) -> None:
        if self._response is None or self._response.done():
            await self._refuse(event, "Cancellation failed: no active response found", "response_cancel_not_active")
            return
        await self.stop()
        await self._done(f"resp_{uuid4().hex}", "cancelled")

    async def _done(self, response: str, status: str) -> None:
        told = {"id": response, "object": "realtime.response", "status": status, "usage": {}}
        await self._send("response.done", response=told, usage={"total_tokens": 0})

    async def _respond(self) -> None:
        response = f"resp_{uuid4().hex}"
        conversation = Conversation(tuple(self._turns), self._settings.instructions)
        await self._send("response.created", response={"id": response, "status": "in_progress"})
        functions = call_functions(self._settings.tools, None, conversation)
        if functions:
            for name, arguments in functions:
                await self._call(response, name, arguments)
        else:
            text = answer_conversation(conversation).text
            self._turns.append(Turn("assistant", text))
            await self._speak(response, text)
        await self._done(response, "completed")

    async def _call(self, response: str, name: str, arguments: str) -> None:
        item, call = f"item_{uuid4().hex}", f"call_{uuid4().hex}"
        places = {"response_id": response, "item_id": item, "output_index": 0, "call_id": call, "name": name}
        told = {"id": item, "type": "function_call", "role": "tool", "name": name, "call_id": call, "arguments": ""}
        await self._send("response.output_item.added", response_id=response, output_index=0, item=told)
        await self._send("response.function_call_arguments.delta", **places, delta=arguments)
        await self._send("response.function_call_arguments.done", **places, arguments=arguments)
        whole = told | {"arguments": arguments, "status": "completed"}
        await self._send("response.output_item.done", response_id=response, output_index=0, item=whole)

    async def _speak(self, response: str, text: str) -> None:
        item = f"item_{uuid4().hex}"
        told = {"id": item, "type": "message", "role": "assistant", "content": []}
        places = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        await self._send("response.output_item.added", response_id=response, output_index=0, item=told)
        await self._send("response.content_part.added", **places, part={"type": "audio", "transcript": ""})
        settings = self._settings
        samples = await asyncio.to_thread(speak, text, "auto", settings.voice, settings.rate, 1.0)
        words, size = text.split(" "), max(1, round(CHUNK_SECONDS * settings.rate))
        for number, start in enumerate(range(0, len(samples), size)):
            if number < len(words):
                word = words[number] if number == 0 else f" {words[number]}"
                await self._send("response.output_audio_transcript.delta", **places, delta=word)
            part = samples[start : start + size]
            self._bill_seconds(len(part) / settings.rate)
            sound = base64.b64encode(encode_sound(part, settings.rate, settings.codec, 0)).decode()
            seen = {"audio_duration_ms": round(1000 * len(part) / settings.rate), "ts": number, "rid": response}
            await self._send("response.output_audio.delta", **places, delta=sound, **seen)
        rest = "".join(f" {word}" for word in words[-(-len(samples) // size) :])
        if rest:
            await self._send("response.output_audio_transcript.delta", **places, delta=rest)
        await self._send("response.output_audio_transcript.done", **places, transcript=text)
        await self._send("response.output_audio.done", **places)
        await self._send("response.content_part.done", **places, part={"type": "audio", "transcript": text})
        await self._send("response.output_item.done", response_id=response, output_index=0, item=told)

    def _bill_seconds(self, seconds: float) -> None:
        """Charge for sound in either direction."""
        self._received += seconds
        due = round(self._received * SECOND_TICKS[self._settings.model])
        self._session.bill(due - self._billed)
        self._billed = due
