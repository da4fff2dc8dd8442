"""RawRequest: any request to the service, for what has no procedure of its own."""

from __future__ import annotations

from urllib.parse import urlencode

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.documents import as_text, decode_json, document_of, json_text
from grokcall_procedures.effects import Effect
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.media import LARGEST_FILE
from grokcall_procedures.multipart import FilePart, Parts, form_of
from grokcall_procedures.raw_values import read_headers, read_host, read_method, read_object, read_path
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Kind, Reply, Request, Row, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType, UnfitValue

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
FREE_METHODS = ("GET", "DELETE", "HEAD")
"""Methods that cost nothing and so may be sent again."""
RESPONSE_TYPES = ("json", "text", "binary")
LONGEST_TIMEOUT = 3600


def members(values: Values, name: str) -> dict[str, object]:
    """The members of a parameter that holds a JSON object; none when it is NULL."""
    return document_of(str(values.get(name, "{}")).encode("utf-8"))


def raw_request(call: BoundCall) -> Steps:
    """One request, its reply."""
    request = build(call.values)
    reply = yield request
    return [raw_row(reply_of(reply), call.values.get("ResponseType"))]


def build(values: Values) -> Request:
    """The request that the values describe."""
    headers = {name: as_text(content) for name, content in members(values, "Headers").items()}
    body, content_type = payload(values)
    own_type = next((name for name in headers if name.lower() == "content-type"), None)
    if own_type is not None:
        chosen = headers.pop(own_type)
        content_type = chosen if "FormData" not in values and "FileData" not in values else content_type
    method, host = method_of(values), host_of(values)
    free = method in FREE_METHODS or host is Host.MANAGEMENT
    timeout = values.get("Timeout")
    return Request(
        method,
        target(values),
        body=body,
        content_type=content_type,
        kind=Kind.METADATA if free else Kind.TEXT,
        billed=not free,
        headers=tuple(headers.items()),
        timeout=timeout if isinstance(timeout, float) else None,
        host=host,
        once=host is Host.MANAGEMENT and method not in FREE_METHODS,
    )


def method_of(values: Values) -> str:
    """The method that is sent."""
    has_body = any(name in values for name in ("Body", "FormData", "FileData"))
    return str(values.get("Method", "POST" if has_body else "GET"))


def host_of(values: Values) -> Host:
    """The host that a request goes to."""
    return Host(str(values.get("Host", Host.API)))


def version_fits_host(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Leaves out the version that the base URL of the API has; paths of the management host have their own."""
    path = str(values["Path"])
    if host_of(values) is Host.API and path.startswith(("/v1/", "/v1?")):
        values["Path"] = path.removeprefix("/v1")
    return ()


def raw_effect(values: Values) -> Effect:
    """What a request leaves behind, as far as its method tells."""
    return Effect.READ if method_of(values) in ("GET", "HEAD") else Effect.CHANGE


def target(values: Values) -> str:
    """The path with its query; a list gives one entry for each of its elements, null gives none."""
    path = str(values["Path"])
    pairs = [
        (name, as_text(element))
        for name, value in members(values, "Query").items()
        for element in (value if isinstance(value, list) else [value])
        if element is not None
    ]
    if not pairs:
        return path
    return path + ("&" if "?" in path else "?") + urlencode(pairs)


def payload(values: Values) -> tuple[bytes | Parts | None, str]:
    """The body and its content type."""
    content = values.get("FileData")
    if "FormData" in values or content is not None:
        fields = {name: as_text(value) for name, value in members(values, "FormData").items()}
        form = form_of(fields, None if content is None else file_part(values, content))
        return form, form.content_type
    if "Body" not in values:
        return None, "application/json"
    body = str(values["Body"])
    return body.encode("utf-8"), "application/json" if is_json(body.encode("utf-8")) else "text/plain; charset=utf-8"


def file_part(values: Values, content: object) -> FilePart:
    """The file of a form, by the names that the call gives it."""
    filename, field = str(values.get("FileName", "file")), str(values.get("FileField", "file"))
    return FilePart(filename, content, name=field)  # type: ignore[arg-type]


def is_json(data: bytes) -> bool:
    """Whether bytes are a JSON document."""
    try:
        decode_json(data)
    except (ValueError, RecursionError):
        return False
    return True


def raw_row(reply: Reply, response_type: object) -> Row:
    """The columns of a reply, read as the call asked or, where it did not, as the reply's own content type says.

    Raises:
        MalformedReplyError: JSON was asked for and something else came.
    """
    content_type = reply.headers.get("content-type")
    kind = response_type or kind_of(content_type or "")
    head = (reply.status, json_text(dict(reply.headers)), content_type)
    if kind == "binary":
        return (*head, None, reply.body)
    row = (*head, reply.body.decode("utf-8", "replace") if reply.body else None, None)
    if kind == "json" and reply.body and not is_json(reply.body):
        told = f"RawRequest: the reply is not JSON but {content_type or 'of no stated type'}; ask for text"
        raise MalformedReplyError(told, row=row)
    return row


def kind_of(content_type: str) -> str:
    """How to read a reply of a content type: text and its relatives as text, anything else as bytes."""
    mime = content_type.partition(";")[0].strip().lower()
    textual = mime.startswith("text/") or mime.endswith(("json", "xml", "javascript")) or not mime
    return "text" if textual else "binary"


def payloads_do_not_clash(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses two bodies, and names of a file without the file."""
    form = next((name for name in ("FormData", "FileData") if name in values), None)
    if "Body" in values and form is not None:
        raise UnfitValue(f"cannot be given together with {form}: a request has one body", "Body")
    stray = next((name for name in ("FileName", "FileField") if name in values), None)
    if stray is not None and "FileData" not in values:
        raise UnfitValue("names a file that is not given; give FileData as well", stray)
    return ()


RAW_REQUEST = Procedure(
    name="RawRequest",
    effect=Effect.CHANGE,
    effect_of=raw_effect,
    main="Raw_Body",
    summary="Sends any request to the service and gives its reply as it is.",
    parameters=(
        Parameter(
            "Path",
            ParameterType.STRING,
            "The path below the base URL, for example /models.",
            required=True,
            reader=read_path,
        ),
        Parameter(
            "Method",
            ParameterType.ENUM,
            "The HTTP method; when NULL it is POST with a body and GET without.",
            values=METHODS,
            reader=read_method,
        ),
        Parameter("Body", ParameterType.STRING, "The body: JSON text, or any other text."),
        Parameter("Query", ParameterType.JSON, "Query parameters, as a JSON object.", reader=read_object),
        Parameter(
            "Headers",
            ParameterType.JSON,
            "Further headers, as a JSON object; those of the connection, the key above all, cannot be set.",
            reader=read_headers,
        ),
        Parameter(
            "ResponseType",
            ParameterType.ENUM,
            "How to read the reply; by its own content type when NULL.",
            values=RESPONSE_TYPES,
        ),
        Parameter("FormData", ParameterType.JSON, "The fields of a form, as a JSON object.", reader=read_object),
        Parameter("FileData", ParameterType.FILE, "A file for the form, at most 48 MiB.", max_length=LARGEST_FILE),
        Parameter("FileName", ParameterType.STRING, "The name of the file; `file` when NULL."),
        Parameter(
            "Timeout",
            ParameterType.DOUBLE,
            "Seconds to wait for the reply, at most 3600.",
            low=0,
            low_excluded=True,
            high=LONGEST_TIMEOUT,
        ),
        Parameter(
            "FileField",
            ParameterType.STRING,
            "The field of the form that has the file; `file` when NULL.",
            named_only=True,
        ),
        Parameter(
            "Host",
            ParameterType.ENUM,
            "`management` for the management host and its key, whose paths begin with `/v1`, `/auth` or `/audit`; the "
            "API when NULL.",
            values=tuple(Host),
            named_only=True,
            reader=read_host,
        ),
    ),
    fields=(
        ResultField("Raw_Status", ParameterType.INT32, "", "The HTTP status."),
        ResultField("Raw_Headers", ParameterType.JSON, "", "The headers of the reply, as a JSON object."),
        ResultField("Raw_ContentType", ParameterType.STRING, "", "The content type of the reply."),
        ResultField("Raw_Body", ParameterType.STRING, "", "The reply as text; NULL when it is read as binary."),
        ResultField("Raw_Content", ParameterType.BINARY, "", "The reply's bytes when it is read as binary."),
    ),
    steps=raw_request,
    rules=(payloads_do_not_clash, version_fits_host),
    host_of=host_of,
    reference="any method and path below the base URL",
    example="CALL RawRequest('/models', ResponseType => 'json')",
    notes=(
        "Every method but GET, HEAD and DELETE is taken for one that costs money, so it is not sent a second time "
        "after an answer got lost.",
        "A status of 400 or above is an error, as with every other procedure.",
        "Requests to the management host cost nothing, and are sent once unless they only read or remove. A reply is "
        "shown and kept as it is, a new key in it as well: CreateApiKey and RotateApiKey mask theirs.",
    ),
)

PROCEDURES = (RAW_REQUEST,)
