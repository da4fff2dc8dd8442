"""Conversations: what was said in one, and how its next question goes on from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grokcall_procedures.definition import STORE, BoundCall, Procedure
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.outputs.further_fields import EARLIER, RAW
from grokcall_procedures.outputs.replies import read, rounds_of, whole_or_none
from grokcall_procedures.outputs.tool_calls import output
from grokcall_procedures.steps import Request, Row
from grokcall_procedures.tools.lists import texts_in
from grokcall_procedures.tools.members import ENCRYPTED_REASONING
from grokcall_procedures.types import UnfitValue

PREVIOUS, HISTORY, INSTRUCTIONS, INCLUDE = "PreviousResponseId", "History", "Instructions", "Include"
ID, STORED = "Response_Id", "Response_Store"

Item = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Chain:
    """What was said in a conversation, as the next question needs it.

    Args:
        response_id: The last answer, where the service keeps it; None where all that was said is sent again.
        items: All that was said, as items of the API's input; None where that is not kept.
        instructions: Those of the first question, which hold for all.
        tokens: How many tokens all of it has; None where no reply told that.
    """

    response_id: str | None = None
    items: tuple[Item, ...] | None = ()
    instructions: object = None
    tokens: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return self.response_id is None and self.items == ()

    @property
    def values(self) -> dict[str, object]:
        """The parameters by which a question goes on from it."""
        if self.response_id is not None:
            return {PREVIOUS: self.response_id}
        return {HISTORY: encode_json(list(self.items)).decode()} if self.items else {}

    @property
    def replayed(self) -> Chain:
        """The same, to be sent again as a whole: for when the service has lost its answers.

        Reasoning that cannot be read is left out, for the service takes back none but its own.

        Raises:
            UnfitValue: What was said is not known here.
        """
        if self.items is None:
            raise UnfitValue("what was said is not known here, so it cannot be sent again")
        return replace(self, response_id=None, items=tuple(item for item in self.items if is_sendable(item)))


def is_sendable(item: Item) -> bool:
    """Whether the service takes an item back."""
    return item.get("type") != "reasoning" or bool(item.get("encrypted_content"))


def converses(procedure: Procedure) -> bool:
    """Whether calls of a procedure can be the turns of a conversation."""
    return {PREVIOUS.lower(), HISTORY.lower()} <= procedure.by_name.keys() and ID in procedure.places


def continued(call: BoundCall, chain: Chain) -> BoundCall:
    """A call as the next question of a conversation.

    Where the service keeps the answers it goes on by the id of the last one, and without Instructions, because those of
    the first question hold (section 3 of the API reference). Otherwise all that was said is sent again, unchanged.

    Raises:
        UnfitValue: The service keeps no answers, and what was said is not known here.
    """
    if chain.is_empty:
        return begun(call)
    if chain.response_id is None and chain.items is None:
        raise UnfitValue("the service does not keep the answer before it, and what was said cannot be sent again")
    values = {name: value for name, value in call.values.items() if name not in (PREVIOUS, HISTORY, INSTRUCTIONS)}
    values.update(chain.values)
    if chain.response_id is not None:
        return replace(call, values=values, earlier_tokens=chain.tokens, warnings=warned(call, chain))
    if chain.instructions is not None:
        values[INSTRUCTIONS] = chain.instructions
    return begun(replace(call, values=values, warnings=warned(call, chain)))


def begun(call: BoundCall) -> BoundCall:
    """A call that asks for its reasoning where nobody else keeps that, so that the next question can go on from it."""
    if call.values.get(STORE) is not False:
        return call
    wanted = dict.fromkeys((*texts_in(call.values, INCLUDE), ENCRYPTED_REASONING))
    return replace(call, values={**call.values, INCLUDE: encode_json(list(wanted)).decode()})


def warned(call: BoundCall, chain: Chain) -> tuple[str, ...]:
    """The warnings of a call, with one for instructions of its own that are not sent."""
    given = call.values.get(INSTRUCTIONS)
    if given is None or given == chain.instructions:
        return call.warnings
    return (
        *call.warnings,
        f"{call.procedure.name}: Instructions of a later turn are not sent; those of the first hold",
    )


def answered(chain: Chain, call: BoundCall, row: Row, *, keeps_items: bool = True) -> Chain:
    """What was said once a question has its answer.

    Args:
        chain: What was said before.
        call: The question, as :func:`continued` gave it.
        row: Its answer.
        keeps_items: Whether all that was said is wanted where the service keeps it, too.
    """
    identity = value_of(call, row, ID)
    stored = call.values.get(STORE) is not False and value_of(call, row, STORED) is not False
    response_id = identity if stored and isinstance(identity, str) and identity else None
    items: tuple[Item, ...] | None = None
    if keeps_items or response_id is None:
        items = all_said(chain, call, row)
    instructions = call.values.get(INSTRUCTIONS) if chain.is_empty else chain.instructions
    return Chain(response_id, items, instructions, tokens_of(call, row))


def all_said(chain: Chain, call: BoundCall, row: Row) -> tuple[Item, ...] | None:
    """All that was said, the answer in ``row`` last; None where something of it is not known here."""
    asked = question_of(call)
    earlier: Sequence[Item] | None = () if HISTORY in call.values else chain.items
    if asked is None or earlier is None or (PREVIOUS in call.values and chain.is_empty):
        return None
    given = output(text_of(call, row, RAW), text_of(call, row, EARLIER))
    said = [] if given is None else decode_json(given)
    return (*earlier, *asked, *objects_in(said))


def question_of(call: BoundCall) -> list[Item] | None:
    """What a call says, as items of input; None where it needs another request to say it, such as an upload."""
    first = call.first_step()
    if not isinstance(first, Request) or not first.billed or not isinstance(first.body, bytes):
        return None
    document = decode_json(first.body.decode("utf-8", "surrogatepass"))
    asked = document.get("input") if isinstance(document, dict) else None
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}]
    return list(objects_in(asked)) if isinstance(asked, list) else None


def tokens_of(call: BoundCall, row: Row) -> int | None:
    """How many tokens a conversation has by its last reply."""
    document = read(text_of(call, row, RAW))
    usage = document.get("usage") if isinstance(document, dict) else None
    return whole_or_none(usage.get("total_tokens")) if isinstance(usage, dict) else None


def text_of(call: BoundCall, row: Row, field: str) -> str | None:
    """The text in a field of a row; None where it has none."""
    value = value_of(call, row, field)
    return value if isinstance(value, str) else None


def value_of(call: BoundCall, row: Row, field: str) -> object:
    """The value of a field of a row; None where a row of an earlier version ends before it."""
    place = call.procedure.places[field]
    return row[place] if place < len(row) else None


def response_ids(call: BoundCall, row: Row) -> tuple[str, ...]:
    """The ids of the responses that an answer took, one for each round, the last one last."""
    rounds = rounds_of(text_of(call, row, RAW), text_of(call, row, EARLIER))
    return tuple(each["id"] for each in rounds if isinstance(each.get("id"), str) and each["id"])
