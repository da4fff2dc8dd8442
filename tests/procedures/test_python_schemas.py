"""A dataclass, a pydantic model or an Arrow schema declares the same as the text that it stands for."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NewType, Optional, Union

import pyarrow as pa
import pydantic
import pytest

from grokcall_procedures.schemas import Mismatch, OutputSchema, declared_schema, read_output_schema
from grokcall_procedures.types import UnfitValue

Sku = NewType("Sku", str)


class Team(enum.Enum):
    DELIVERY = "delivery"
    BILLING = "billing"


class Weight(enum.IntEnum):
    LIGHT = 1
    HEAVY = 2


@dataclass
class Line:
    item: str
    quantity: Annotated[int, "how many, it's 1 if unsaid"] = 1


@dataclass
class Everything:
    priority: int = field(metadata={"doc": "from 1, urgent, to 5"})
    ratio: float
    urgent: bool
    price: Decimal
    due: datetime.date | None
    clock: datetime.time
    moment: Optional[datetime.datetime]  # noqa: UP045 - the older spelling is read as well
    ident: uuid.UUID
    team: Team
    weight: Weight
    mood: Literal["calm", "cross", None]
    sku: Sku
    main: Line
    lines: list[Line]
    others: Sequence[str]
    pair: tuple[float, float]
    counts: Mapping[str, int]
    extra: Any
    tags: set[str] = field(default_factory=set)
    kind: ClassVar[str] = "ticket"
    shown: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.shown = f"{self.team.value}: {self.priority}"


DECLARED = (
    "priority BIGINT NOT NULL COMMENT 'from 1, urgent, to 5', ratio DOUBLE NOT NULL, urgent BOOLEAN NOT NULL, "
    "price DECIMAL(38,10) NOT NULL, due DATE, clock TIME NOT NULL, moment TIMESTAMP, ident UUID NOT NULL, "
    "team ENUM('delivery', 'billing') NOT NULL, weight ENUM('LIGHT', 'HEAVY') NOT NULL, mood ENUM('calm', 'cross'), "
    "sku VARCHAR NOT NULL, "
    "main STRUCT(item VARCHAR NOT NULL, quantity BIGINT COMMENT 'how many, it''s 1 if unsaid') NOT NULL, "
    "lines STRUCT(item VARCHAR NOT NULL, quantity BIGINT COMMENT 'how many, it''s 1 if unsaid')[] NOT NULL, "
    "others VARCHAR[] NOT NULL, pair DOUBLE[2] NOT NULL, counts MAP(VARCHAR, BIGINT) NOT NULL, extra JSON, "
    "tags VARCHAR[]"
)
ANSWER = {
    "priority": 2,
    "ratio": 0.5,
    "urgent": True,
    "price": 12.5,
    "due": "2026-03-04",
    "clock": "17:30:00",
    "moment": None,
    "ident": "12345678-1234-5678-1234-567812345678",
    "team": "billing",
    "weight": "HEAVY",
    "mood": "cross",
    "sku": "a-1",
    "main": {"item": "tea", "quantity": None},
    "lines": [{"item": "cake", "quantity": 3}],
    "others": ["x"],
    "pair": [1, 2],
    "counts": [{"key": "a", "value": 1}],
    "extra": '{"any": [1]}',
    "tags": None,
}


def instance(schema: OutputSchema, answer: Mapping[str, object]) -> Any:
    values = schema.decode(json.dumps(answer))
    return schema.answer(dict(zip([column.name for column in schema.columns], values, strict=True)))


def test_a_dataclass_declares_what_its_annotations_say():
    assert declared_schema(Everything).text == DECLARED


def test_what_a_dataclass_declares_is_what_the_same_text_declares():
    declared = declared_schema(Everything)
    assert declared == read_output_schema(DECLARED)
    assert declared.json_schema == read_output_schema(DECLARED).json_schema


def test_an_answer_becomes_an_instance_with_the_values_of_its_annotations():
    made = instance(declared_schema(Everything), ANSWER)
    assert made == Everything(
        2, 0.5, True, Decimal("12.5"), datetime.date(2026, 3, 4), datetime.time(17, 30), None,
        uuid.UUID("12345678-1234-5678-1234-567812345678"), Team.BILLING, Weight.HEAVY, "cross", Sku("a-1"),
        Line("tea", 1), [Line("cake", 3)], ["x"], (1.0, 2.0), {"a": 1}, {"any": [1]}, set(),
    )  # fmt: skip
    assert made.shown == "billing: 2"
    assert str(made.price) == "12.5"


def test_a_field_with_a_default_may_be_null_and_has_it_then():
    @dataclass
    class Local:
        count: int = 7
        names: list[str] = field(default_factory=lambda: ["nobody"])

    declared = declared_schema(Local)
    assert declared.text == "count BIGINT, names VARCHAR[]"
    assert instance(declared, {"count": None, "names": None}) == Local(7, ["nobody"])


@dataclass
class Picky:
    count: int

    def __post_init__(self) -> None:
        if self.count > 5:
            raise ValueError("more than five")


@dataclass
class Picked:
    lines: list[Picky]


def test_what_a_dataclass_refuses_is_an_answer_that_does_not_fit():
    with pytest.raises(Mismatch, match=r"lines\[2\]: Picky refuses it: more than five"):
        declared_schema(Picked).decode('{"lines": [{"count": 5}, {"count": 6}]}')


def dataclass_of(annotation: Any) -> type:
    return dataclasses.make_dataclass("Odd", [("field", annotation)])


@dataclass
class Tree:
    children: list[Tree]


@dataclass
class Handed:
    text: str
    key: InitVar[str]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (dataclass_of(bytes), "Odd.field is bytes, .* annotate it as str"),
        (dataclass_of(list), r"Odd.field is list, .* list\[str\]"),
        (dataclass_of(tuple), r"Odd.field is tuple, .* tuple\[str, \.\.\.\]"),
        (dataclass_of(list[bytes]), r"Odd.field\[\] is bytes"),
        (dataclass_of(list[int | None]), r"Odd.field\[\] may be None, .* leave None out"),
        (dataclass_of(dict[str, Optional[int]]), r"Odd.field\[''\] may be None"),  # noqa: UP045
        (dataclass_of(dict[int, str]), r"Odd.field is a dict whose keys are no texts, .* dict\[str, …\]"),
        (
            dataclass_of(int | str),
            "Odd.field is .*, which an answer cannot be: a column has one type; annotate it as A",
        ),
        (dataclass_of(Union[int, str, None]), "a column has one type"),  # noqa: UP007
        (dataclass_of(tuple[int, str]), "its parts have several types; use a dataclass"),
        (dataclass_of(Literal[1, 2]), "Odd.field is a Literal of other values than texts; use texts, or an Enum"),
        (dataclass_of(datetime.timedelta), "Odd.field is timedelta, .* annotate it as int or float"),
        (dataclass_of(Exception), "Odd.field is Exception, .* use a dataclass, or Any"),
        (dataclass_of("Nowhere"), "an annotation of Odd cannot be read .*Nowhere.* at the head of the class's module"),
        (dataclass_of(enum.Enum), "Odd.field is the Enum Enum, which has no members"),
        (Tree, r"Tree.children\[\]: Tree contains itself; annotate it as Any"),
        (Handed, "Handed.key is an InitVar, which is no column; give it a default"),
        (dataclasses.make_dataclass("Empty", []), "Empty has no fields"),
        (int, "is the class int; pass a dataclass, a pydantic model or an Arrow schema"),
        (Line("tea"), "is an instance of Line; pass the class itself: Line"),
    ],
)
def test_what_cannot_be_a_schema_is_named_with_its_member_and_the_remedy(kind, told):
    with pytest.raises(UnfitValue, match=told):
        declared_schema(kind)


class Buyer(pydantic.BaseModel):
    name: str = pydantic.Field(alias="fullName", description="as it is signed")
    since: datetime.date


class Order(pydantic.BaseModel):
    priority: int = pydantic.Field(ge=1, le=5)
    team: Team
    buyer: Buyer
    lines: list[Line] = []
    due: datetime.date | None = None
    extra: dict[str, int] = {}


def test_a_pydantic_model_declares_its_own_json_schema():
    declared = declared_schema(Order)
    assert json.loads(declared.text) == Order.model_json_schema() == declared.json_schema
    assert [str(column) for column in declared.columns][:3] == [
        "priority BIGINT NOT NULL",
        "team ENUM('delivery', 'billing') NOT NULL",
        "buyer STRUCT(fullName VARCHAR NOT NULL, since DATE NOT NULL) NOT NULL",
    ]


def test_an_answer_becomes_an_instance_of_the_model():
    said = {"priority": 1, "team": "billing", "buyer": {"fullName": "Ada", "since": "2020-01-31"}, "extra": {"a": 1}}
    made = instance(declared_schema(Order), said)
    assert made == Order.model_validate(said)
    assert (made.team, made.buyer.since, made.lines) == (Team.BILLING, datetime.date(2020, 1, 31), [])


def test_a_strict_model_takes_dates_and_enums_from_json():
    class Strict(pydantic.BaseModel, strict=True):
        day: datetime.date
        team: Team

    made = instance(declared_schema(Strict), {"day": "2026-03-04", "team": "billing"})
    assert (made.day, made.team) == (datetime.date(2026, 3, 4), Team.BILLING)


def test_what_the_model_refuses_is_named_by_its_member():
    buyer = {"fullName": "Ada", "since": "2020-01-31"}
    with pytest.raises(Mismatch, match="priority: Input should be less than or equal to 5, found 9") as caught:
        declared_schema(Order).decode(json.dumps({"priority": 9, "team": "billing", "buyer": buyer}))
    assert caught.value.place == "priority"


def test_a_pattern_that_the_service_refuses_is_left_to_the_model():
    class Coded(pydantic.BaseModel):
        price: Annotated[str, pydantic.WithJsonSchema({"type": "string", "pattern": "^(?!0)[0-9]+$"})]
        code: Annotated[str, pydantic.StringConstraints(pattern="^[A-Z]{3}$")]

    parts = declared_schema(Coded).json_schema["properties"]
    assert "pattern" not in parts["price"]
    assert parts["code"]["pattern"] == "^[A-Z]{3}$"


class Node(pydantic.BaseModel):
    children: list[Node]


class Called(pydantic.BaseModel):
    call: Mapping[str, type]


class Nothing(pydantic.BaseModel):
    pass


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Node, "is the pydantic model Node, which cannot be an answer: #/properties/children.* nested more than 24"),
        (Called, "is the pydantic model Called, which has no JSON Schema"),
        (Nothing, "is the pydantic model Nothing, which cannot be an answer: .*name at least one"),
        (Buyer(fullName="Ada", since="2020-01-31"), "is an instance of Buyer; pass the class itself"),
    ],
)
def test_a_model_that_cannot_be_an_answer_is_named(kind, told):
    with pytest.raises(UnfitValue, match=told):
        declared_schema(kind)


def test_an_arrow_schema_declares_its_fields():
    schema = pa.schema(
        [
            pa.field("priority", pa.int32(), nullable=False, metadata={"doc": "from 1"}),
            ("lines", pa.list_(pa.struct([pa.field("item", pa.large_string(), metadata={"comment": "its name"})]))),
            ("at", pa.timestamp("s", "Europe/Berlin")),
            ("local", pa.timestamp("ns")),
            ("price", pa.decimal128(10, 2)),
            ("code", pa.dictionary(pa.int8(), pa.string())),
            ("vector", pa.list_(pa.float32(), 3)),
            ("totals", pa.map_(pa.string(), pa.int64())),
            ("ident", pa.uuid()),
            ("more", pa.json_()),
            ("day", pa.date32()),
        ]
    )
    assert declared_schema(schema).text == (
        "priority INTEGER NOT NULL COMMENT 'from 1', lines STRUCT(item VARCHAR COMMENT 'its name')[], at TIMESTAMPTZ, "
        '"local" TIMESTAMP, price DECIMAL(10,2), code VARCHAR, vector FLOAT[3], totals MAP(VARCHAR, BIGINT), '
        "ident UUID, more JSON, day DATE"
    ).replace('"local"', "local")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (pa.binary(), r"whose field a is binary, which an answer cannot be: .*pa\.string\(\)"),
        (pa.list_(pa.duration("s")), r"whose field a\[\] is duration\[s\]"),
        (pa.struct([("b", pa.null())]), r"whose field a\.b is null"),
        (pa.map_(pa.int32(), pa.string()), "keys of a map are"),
        (pa.decimal256(50, 2), "with p up to 38"),
        (pa.float16(), "use pa.float32"),
    ],
)
def test_an_arrow_type_that_no_answer_has_is_named_with_its_field(kind, told):
    with pytest.raises(UnfitValue, match=told):
        declared_schema(pa.schema([("a", kind)]))


def test_answers_of_an_arrow_schema_are_dictionaries():
    declared = declared_schema(pa.schema([("a", pa.int32()), ("b", pa.list_(pa.string()))]))
    assert instance(declared, {"a": 1, "b": ["x"]}) == {"a": 1, "b": ["x"]}


def test_pydantic_is_not_imported_to_read_a_schema():
    script = (
        "import sys, dataclasses\n"
        "from grokcall_procedures.schemas import declared_schema\n"
        "Made = dataclasses.make_dataclass('Made', [('a', int)])\n"
        "print(declared_schema(Made).text, 'pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "a BIGINT NOT NULL False"
