"""AnalyzeImage, AnalyzeImageByUrl and AnalyzeFile: a question about up to three images or files."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Sequence

from grokcall_procedures.answers import ANSWER_RULES, OUTPUT_SCHEMA
from grokcall_procedures.bodies import EXTRA_BODY
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.image_parameters import (
    ORDINALS,
    address_parameters,
    addresses,
    content_parameters,
    content_uris,
    given,
)
from grokcall_procedures.local_files import size_of
from grokcall_procedures.media import JPEG, LARGEST_FILE, MIB, PNG, read_file
from grokcall_procedures.multipart import FilePart
from grokcall_procedures.outputs.further_fields import FURTHER_FIELDS
from grokcall_procedures.response_fields import RESPONSE_FIELDS
from grokcall_procedures.response_requests import responses_body
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Steps
from grokcall_procedures.text import (
    MESSAGE,
    SCHEMA_NOTE,
    TEXT_OPTIONS,
    TEXT_RULES,
    TOOL_RULES,
    answered,
)
from grokcall_procedures.tools.inputs import request_input
from grokcall_procedures.tools.parameters import TOOL_PARAMETERS
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_string
from grokcall_procedures.uploads import with_uploads

MIME_TYPES = mimetypes.MimeTypes()
"""Python's own table, so that a name means the same on every machine; not every version of it knows Markdown."""
MIME_TYPES.add_type("text/markdown", ".md")
LARGEST_INLINE = 20 * MIB
"""Bytes of base64 that a request may carry; larger bodies are not known to be served."""


def file_parameters(number: int) -> tuple[Parameter, Parameter]:
    """``File1_Content`` with ``File1_Name``, and their like."""
    which, first = ORDINALS[number], number == 1
    return (
        Parameter(
            f"File{number}_Content",
            ParameterType.BINARY,
            f"The {which} file, at most 48 MiB: plain text, Markdown, CSV, JSON, source code, PDF and more.",
            required=first,
            max_length=LARGEST_FILE,
            reader=read_file,
        ),
        Parameter(
            f"File{number}_Name",
            ParameterType.STRING,
            f"The name of the {which} file, by which the message can refer to it; directories before it are dropped.",
            required=first,
            reader=read_file_name,
        ),
    )


def read_file_name(value: object) -> str:
    """The last part of a path, of either kind of slash.

    >>> read_file_name("reports/may.csv")
    'may.csv'
    """
    given = to_string(value)
    name = re.split(r"[/\\]", given)[-1].strip()
    if name in ("", ".", ".."):
        raise UnfitValue(f"is not the name of a file: {described(given)}")
    return name


def analyze(call: BoundCall, attachments: Sequence[dict[str, object]], *, tools_run: bool = False) -> Steps:
    """Asks the call's message about ``attachments``."""
    content = request_input(call.values, attachments)
    return (yield from answered(call, responses_body(call, content, tools_run=tools_run)))


def analyze_image(call: BoundCall) -> Steps:
    """A question about images that travel inside the request."""
    uris = content_uris(call.values)
    return (yield from analyze(call, [{"type": "input_image", "image_url": uri} for uri in uris]))


def analyze_image_by_url(call: BoundCall) -> Steps:
    """A question about images that the service fetches."""
    urls = addresses(call.values)
    return (yield from analyze(call, [{"type": "input_image", "image_url": url} for url in urls]))


def file_parts(values: Values) -> list[FilePart]:
    """The call's files."""
    pairs = zip(given(values, "File", "Name"), given(values, "File", "Content"), strict=True)
    return [FilePart(str(name), content, mime_of(str(name))) for name, content in pairs if isinstance(content, bytes)]


def mime_of(name: str) -> str:
    """The MIME type that a file's name suggests."""
    mime, compression = MIME_TYPES.guess_type(name)
    return "application/octet-stream" if mime is None or compression else mime


def analyze_file(call: BoundCall) -> Steps:
    """A question about files, which are uploaded first or travel inside the request, as the connection chose."""
    files = file_parts(call.values)
    if call.settings.file_transfer == "inline":
        return (yield from analyze(call, [inline_file(file) for file in files], tools_run=True))

    def ask_about(ids: Sequence[str]) -> Steps:
        return analyze(call, [{"type": "input_file", "file_id": file_id} for file_id in ids], tools_run=True)

    return (yield from with_uploads(files, ask_about))


def inline_file(file: FilePart) -> dict[str, object]:
    """A file as a part of the message."""
    assert isinstance(file.content, bytes)
    return {
        "type": "input_file",
        "file_data": base64.b64encode(file.content).decode("ascii"),
        "filename": file.filename,
        "mime_type": file.content_type,
    }


def files_are_named(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses a file without a name, a name without a file, and two files of one name."""
    names: set[str] = set()
    for number in ORDINALS:
        content, name = f"File{number}_Content", f"File{number}_Name"
        if content in values and name not in values:
            raise UnfitValue(f"is needed because {content} is given", name)
        if name in values and content not in values:
            raise UnfitValue(f"is needed because {name} is given", content)
        if name in values:
            folded = str(values[name]).casefold()
            if folded in names:
                raise UnfitValue(f"{described(values[name])} is the name of an earlier file; names must differ", name)
            names.add(folded)
    return ()


def inline_files_fit(values: Values, settings: Settings) -> tuple[str, ...]:
    """Refuses more than a request can carry when files travel inside it."""
    if settings.file_transfer != "inline":
        return ()
    size = sum((size_of(file.content) + 2) // 3 * 4 for file in file_parts(values))
    if size > LARGEST_INLINE:
        raise UnfitValue(
            f"the files make {size:,} bytes of base64 and a request carries at most {LARGEST_INLINE:,}; "
            "use file_transfer 'upload'"
        )
    return ()


NUMBERS_NOTE = "The message can refer to the images by their numbers, 1 to 3. A number may be left out."
STORE_NOTE = "The API's documentation advises `Store => FALSE` with images, which it does not fully store."

ANALYZE_IMAGE = Procedure(
    name="AnalyzeImage",
    main="Response_Result",
    summary="Answers a message about up to three images.",
    parameters=(MESSAGE, *content_parameters(JPEG, PNG), *TEXT_OPTIONS, EXTRA_BODY, OUTPUT_SCHEMA, *TOOL_PARAMETERS),
    fields=RESPONSE_FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=analyze_image,
    streams=True,
    model_kind="text",
    rules=(*TEXT_RULES, *ANSWER_RULES, *TOOL_RULES),
    reference="POST /v1/responses",
    vendor=True,
    example="CALL AnalyzeImage('What is on image 1?', :Image1_Content)",
    notes=(
        NUMBERS_NOTE,
        "An image that is neither JPEG nor PNG is refused before anything is sent.",
        STORE_NOTE,
        SCHEMA_NOTE,
    ),
)

ANALYZE_IMAGE_BY_URL = Procedure(
    name="AnalyzeImageByUrl",
    main="Response_Result",
    summary="Answers a message about up to three images that the service fetches from their addresses.",
    parameters=(MESSAGE, *address_parameters(JPEG, PNG), *TEXT_OPTIONS, EXTRA_BODY, OUTPUT_SCHEMA, *TOOL_PARAMETERS),
    fields=RESPONSE_FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=analyze_image_by_url,
    streams=True,
    model_kind="text",
    rules=(*TEXT_RULES, *ANSWER_RULES, *TOOL_RULES),
    reference="POST /v1/responses",
    vendor=True,
    example="CALL AnalyzeImageByUrl('What is on the image?', 'https://example.org/photo.jpg')",
    notes=(NUMBERS_NOTE, "The service must be able to fetch the address without signing in.", STORE_NOTE, SCHEMA_NOTE),
)

ANALYZE_FILE = Procedure(
    name="AnalyzeFile",
    main="Response_Result",
    summary="Answers a message about up to three files.",
    parameters=(
        MESSAGE,
        *(parameter for number in ORDINALS for parameter in file_parameters(number)),
        *TEXT_OPTIONS,
        EXTRA_BODY,
        OUTPUT_SCHEMA,
        *TOOL_PARAMETERS,
    ),
    fields=RESPONSE_FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=analyze_file,
    streams=True,
    model_kind="text",
    rules=(*TEXT_RULES, *ANSWER_RULES, *TOOL_RULES, files_are_named, inline_files_fit),
    reference="POST /v1/files, POST /v1/responses, DELETE /v1/files/{id}",
    vendor=True,
    example="CALL AnalyzeFile('Which month in sales.csv was the best?', :File1_Content, 'sales.csv')",
    notes=(
        "The message can refer to the files by their names, which therefore must differ.",
        "Each file is uploaded, and deleted again when the answer is there or the call has failed; a file that could "
        "not be deleted expires within the hour. With the connection's option `file_transfer` 'inline' the files "
        "travel inside the request instead and nothing is stored.",
        "Reading files makes the service run a tool of its own, which it charges for and which MaxToolCalls limits.",
        SCHEMA_NOTE,
    ),
)

PROCEDURES = (ANALYZE_IMAGE, ANALYZE_IMAGE_BY_URL, ANALYZE_FILE)
