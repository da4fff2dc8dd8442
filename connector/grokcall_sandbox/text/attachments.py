"""Facts about attached images and files, read from their bytes."""

import csv
import io
import json
import re
from functools import lru_cache

from PIL import Image, UnidentifiedImageError

from grokcall_sandbox.text.conversation import Answer, Conversation, Document, Picture
from grokcall_sandbox.text.words import stems_of

_COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (220, 30, 30),
    "orange": (255, 145, 20),
    "yellow": (250, 225, 40),
    "green": (40, 160, 60),
    "turquoise": (50, 200, 195),
    "blue": (40, 80, 210),
    "purple": (130, 50, 170),
    "pink": (250, 150, 190),
    "brown": (120, 75, 40),
}
_MAX_PIXELS = 80_000_000
_HEADING = re.compile(r"^\s*#{1,6}\s+(.+)$", re.MULTILINE)
_PDF_PAGE = re.compile(rb"/Type\s*/Page(?!s)")


def answer_attachments(conversation: Conversation) -> Answer | None:
    """What can be read off the attached images and files, if there are any."""
    pictures, documents = conversation.pictures, conversation.documents
    if not pictures and not documents:
        return None
    facts = [describe_picture(picture, number) for number, picture in enumerate(pictures, start=1)]
    facts += [describe_document(document, conversation.question) for document in documents]
    return Answer(" ".join(facts), f"Read {len(pictures)} images and {len(documents)} files and noted what they are.")


def describe_picture(picture: Picture, number: int) -> str:
    """A sentence on an image: its format, its size, its main colours."""
    if picture.data is None:
        return f"Image {number} is at {picture.address}; this sandbox fetches nothing from other hosts."
    kind, width, height, colours = _picture_facts(picture.data)
    return f"Image {number} is a {kind} of {width} x {height} pixels, mostly {' and '.join(colours)}."


def main_colour(picture: Picture) -> str | None:
    """The name of an image's main colour, or None when its bytes are not at hand."""
    return _picture_facts(picture.data)[3][0] if picture.data is not None else None


def describe_document(document: Document, question: str) -> str:
    """Sentences on a file: name, size, structure, and the line that fits the question best."""
    if document.data is None:
        return f"File {document.name} is known by its address only; this sandbox fetches nothing from other hosts."
    if document.data.startswith(b"%PDF-"):
        pages = len(_PDF_PAGE.findall(document.data))
        return f"File {document.name} is a PDF of {pages} pages and {len(document.data)} bytes."
    if b"\0" in document.data[:1024]:
        return f"File {document.name} holds {len(document.data)} bytes that are not text."
    text = document.data.decode("utf-8", "replace")
    lines = text.splitlines()
    facts = [f"File {document.name} has {len(lines)} lines and {len(text.split())} words."]
    facts += _structure(document.name, text)
    best = _best_line(lines, question)
    if best:
        facts.append(f"The line nearest to the question: “{best}”.")
    return " ".join(facts)


@lru_cache(maxsize=64)
def _picture_facts(data: bytes) -> tuple[str, int, int, tuple[str, ...]]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
            if width * height > _MAX_PIXELS:
                return image.format or "file", width, height, ("unread",)
            small = image.convert("RGB").resize((24, 24), Image.Resampling.BOX)
            return image.format or "file", width, height, _main_colours(small)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return "damaged image", 0, 0, ("unread",)


def _main_colours(small: Image.Image) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for amount, colour in small.getcolors(24 * 24) or []:
        name = _colour_name(colour if isinstance(colour, tuple) else (0, 0, 0))
        counts[name] = counts.get(name, 0) + amount
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(name for name in ranked[:2] if counts[name] * 5 >= 24 * 24) or tuple(ranked[:1])


def _colour_name(colour: tuple[float, ...]) -> str:
    def distance(name: str) -> float:
        return sum((ours - theirs) ** 2 for ours, theirs in zip(_COLOURS[name], colour, strict=False))

    return min(_COLOURS, key=distance)


def _structure(name: str, text: str) -> list[str]:
    suffix = name.rsplit(".", 1)[-1].lower()
    if suffix in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(text), delimiter="\t" if suffix == "tsv" else ","))
        if rows:
            return [f"Its columns are {', '.join(rows[0])}; it has {len(rows) - 1} rows."]
    if suffix == "json":
        try:
            value = json.loads(text)
        except ValueError:
            return ["It is not valid JSON."]
        if isinstance(value, dict):
            return [f"Its keys are {', '.join(list(value)[:20])}."]
        if isinstance(value, list):
            return [f"It is a list of {len(value)} values."]
    heading = _HEADING.search(text)
    return [f"Its first heading is “{heading.group(1).strip()}”."] if heading else []


def _best_line(lines: list[str], question: str) -> str:
    asked = stems_of(question)
    if not asked:
        return ""
    scored = [(len(asked & stems_of(line)), -index) for index, line in enumerate(lines[:2_000])]
    score, index = max(scored, default=(0, 0))
    return lines[-index].strip()[:300] if score else ""
