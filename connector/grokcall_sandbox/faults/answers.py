"""Faults of the answers themselves: withheld, refused, unfinished, or gone."""

import math
from dataclasses import replace
from random import Random

import msgspec

from grokcall_sandbox.errors import moderated, not_found, policy_violation, voice_error
from grokcall_sandbox.faults.asking import asked_effort, asked_model
from grokcall_sandbox.faults.fault import PICTURE_PATHS, TEXT_PATHS, VIDEO_PATHS, Fault
from grokcall_sandbox.faults.options import Given
from grokcall_sandbox.replies import Reply, refusal_reply
from grokcall_sandbox.request import SandboxRequest


class Moderation(Fault):
    """Some prompts are refused with 403, some generated images and videos are withheld with 400 and billed."""

    async def before_handling(self, call: SandboxRequest, _dice: Random, /) -> None:
        """Refuse texts and speech, which cost nothing then."""
        if call.path in TEXT_PATHS:
            raise policy_violation(asked_model(call) or "unknown")
        if call.path == "/v1/tts":
            raise voice_error(403, "Content violates usage guidelines.")

    async def before_answering(self, call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """Withhold what was made; that a video is withheld is told when it is asked for."""
        if reply.status >= 300:
            return reply
        if call.path in PICTURE_PATHS:
            return replace(refusal_reply(moderated("image", reply.ticks)), headers=reply.headers)
        if call.path in VIDEO_PATHS and isinstance(reply.content, bytes):
            job = call.state.videos.get(msgspec.json.decode(reply.content)["request_id"])
            if job is not None:
                job.moderated = True
        return reply


class Refusal(Fault):
    """Some answers are refusals."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._on = "text"

    async def before_handling(self, call: SandboxRequest, _dice: Random, /) -> None:
        """Have the answer refuse."""
        call.steering = replace(call.steering, refuse=True)


class Incomplete(Fault):
    """Some answers break off, as if they had reached their limit of tokens."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._on = "text"
        self._keep = given.number("keep")

    async def before_handling(self, call: SandboxRequest, _dice: Random, /) -> None:
        """Have the answer break off."""
        call.steering = replace(call.steering, keep=self._keep)


class Reasoning(Fault):
    """Reasoning is as long as the options tell, whatever limit the request has; it is billed like any.

    How long a request reasons depends on the seed and on its body, so that equal requests cost the same.
    """

    in_batches = True

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._on = "text"
        self._median = given.count("tokens")
        self._sigma = given.number("sigma")
        self._most = given.count("most")
        self._model = given.word("model")
        self._effort = given.word("effort")

    async def before_handling(self, call: SandboxRequest, _dice: Random, /) -> None:
        """Have the answer take so much reasoning."""
        asked = asked_effort(call)
        if asked is None:
            return
        model, effort = asked
        chosen = self._model in ("", model.id) and self._effort in ("", effort)
        # Who names a model, or the effort none, means it: such a model can be made to reason all the same.
        able = (model.reasons or self._model) and (effort != "none" or self._effort)
        if chosen and able:
            call.steering = replace(call.steering, reasoning=self.tokens(call))

    def tokens(self, call: SandboxRequest) -> int:
        """The tokens that a request takes to reason."""
        dice = Random(f"{call.state.seed}:{self._model}:{self._effort}:{call.body_hash.hex()}")  # noqa: S311 - repeatable
        drawn = self._median * math.exp(self._sigma * dice.gauss(0.0, 1.0))
        return min(round(drawn), self._most)


class Misfit(Fault):
    """Some structured answers do not fit the schema that was given for them."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._on = "text"

    async def before_handling(self, call: SandboxRequest, dice: Random, /) -> None:
        """Have the answer miss its schema, in a way of its own each time."""
        call.steering = replace(call.steering, misfit=dice.randrange(1_000))


class ExpiredLinks(Fault):
    """Links to generated media lead nowhere any more."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._on = "links"

    async def before_handling(self, _call: SandboxRequest, _dice: Random, /) -> None:
        """Refuse the download."""
        raise not_found("The medium does not exist or has expired.")
