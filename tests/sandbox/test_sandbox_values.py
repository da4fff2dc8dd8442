"""Structured values are those that the text tells, by the names of their properties."""

import json

import jsonschema
import pytest

from grokcall_sandbox.text.conversation import Conversation, Turn
from grokcall_sandbox.text.schema import read_schema
from grokcall_sandbox.text.structured import answer_structured

S, W, N, B = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
DATE = {"type": "string", "format": "date"}
MOMENT = {"type": "string", "format": "date-time"}


def thing(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def many(items):
    return {"type": "array", "items": items}


def one(*values):
    return {"type": "string", "enum": list(values)}


def answered(text, schema):
    value = answer_structured(Conversation((Turn("user", text),)), read_schema(json.dumps(schema).encode()))[0]
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(value)))
    return value


INVOICE = (
    "Invoice INV-2024-001 dated March 5, 2024 from Acme Corp to Bob Jones. Due date: 2024-04-04. "
    "2 x Widget at $5.00 each, 1 Gadget for $12.50. Tax: $2.25. Total: $1,024.75."
)
TICKET = (
    "URGENT: The app crashes when I open the settings page. Customer Ada Lovelace (ada@example.org), ticket #4521, "
    "opened 2024-05-06. She is not happy and has not been refunded."
)
ADDRESS = "Ship to: Jane Doe, 123 Main Street, Springfield, IL 62704, USA"
FORM = "Name: Bob Smith\nAge: 45\nCompany: Globex Ltd\nJob title: Plumber\nNewsletter: no"


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("Bob is 30 and likes tea", thing(name=S, age=W), {"name": "Bob", "age": 30}),
        ("Bob is 30 and likes tea", thing(name=S, likes=S, drink=S), {"name": "Bob", "likes": "tea", "drink": "tea"}),
        ("Bob is 30", thing(name=S, age=N), {"name": "Bob", "age": 30}),
        ("Extract the person: Jason is 25 years old", thing(name=S, age=W), {"name": "Jason", "age": 25}),
        (
            "Alice Smith, 42, is a software engineer from Berlin.",
            thing(name=S, age=W, occupation=S, city=S),
            {"name": "Alice Smith", "age": 42, "occupation": "software engineer", "city": "Berlin"},
        ),
        (
            "My name is María López and I live in Madrid, Spain. I'm 29. Call +34 600 123 456 or maria@x.es.",
            thing(firstName=S, last_name=S, age=W, city=S, country=S, email=S, phone=S),
            {
                "firstName": "María",
                "last_name": "López",
                "age": 29,
                "city": "Madrid",
                "country": "Spain",
                "email": "maria@x.es",
                "phone": "+34 600 123 456",
            },
        ),
        (
            INVOICE,
            thing(invoice_number=S, invoice_date=DATE, due_date=DATE, vendor=S, currency=S, tax=N, total=N, paid=B),
            {
                "invoice_number": "INV-2024-001",
                "invoice_date": "2024-03-05",
                "due_date": "2024-04-04",
                "vendor": "Acme Corp",
                "currency": "USD",
                "tax": 2.25,
                "total": 1024.75,
                "paid": False,
            },
        ),
        (
            INVOICE,
            thing(customer=thing(name=S), items=many(thing(description=S, quantity=W, unit_price=N))),
            {
                "customer": {"name": "Bob Jones"},
                "items": [
                    {"description": "Widget", "quantity": 2, "unit_price": 5.0},
                    {"description": "Gadget", "quantity": 1, "unit_price": 12.5},
                ],
            },
        ),
        (
            ADDRESS,
            thing(recipient=S, address=thing(street=S, city=S, state=S, postal_code=S, country=S)),
            {
                "recipient": "Jane Doe",
                "address": {
                    "street": "123 Main Street",
                    "city": "Springfield",
                    "state": "IL",
                    "postal_code": "62704",
                    "country": "USA",
                },
            },
        ),
        (
            "Anna Schmidt, Hauptstraße 5, 10115 Berlin, Germany",
            thing(name=S, address=S, zip=W),
            {"name": "Anna Schmidt", "address": "Hauptstraße 5, 10115 Berlin, Germany", "zip": 10115},
        ),
        (
            TICKET,
            thing(
                ticket_id=S,
                ticket_number=W,
                customer=S,
                priority=one("low", "medium", "high"),
                category=one("billing", "technical", "other"),
                sentiment=one("positive", "neutral", "negative"),
                refunded=B,
                is_urgent=B,
                opened_at=S,
                title=S,
                description=S,
            ),
            {
                "ticket_id": "4521",
                "ticket_number": 4521,
                "customer": "Ada Lovelace",
                "priority": "high",
                "category": "technical",
                "sentiment": "negative",
                "refunded": False,
                "is_urgent": True,
                "opened_at": "2024-05-06",
                "title": "URGENT: The app crashes when I open the settings page",
                "description": TICKET,
            },
        ),
        (
            FORM,
            thing(name=S, age=W, company=S, jobTitle=S, newsletter=B),
            {"name": "Bob Smith", "age": 45, "company": "Globex Ltd", "jobTitle": "Plumber", "newsletter": False},
        ),
        (
            "Alice is 30, Bob is 25 and Carol is 41.",
            thing(people=many(thing(name=S, age=W)), names=many(S), ages=many(W)),
            {
                "people": [{"name": "Alice", "age": 30}, {"name": "Bob", "age": 25}, {"name": "Carol", "age": 41}],
                "names": ["Alice", "Bob", "Carol"],
                "ages": [30, 25, 41],
            },
        ),
        (
            "- 2 apples\n- 3 pears\n- 10 plums",
            thing(items=many(thing(name=S, quantity=W))),
            {
                "items": [
                    {"name": "apples", "quantity": 2},
                    {"name": "pears", "quantity": 3},
                    {"name": "plums", "quantity": 10},
                ]
            },
        ),
        (
            "The recipe needs flour, two eggs and some milk. It serves 4 people and takes 30 minutes.",
            thing(ingredients=many(S), servings=W, minutes=W),
            {"ingredients": ["flour", "two eggs", "milk"], "servings": 4, "minutes": 30},
        ),
        ("He bought apples, pears and plums.", many(S), ["apples", "pears", "plums"]),
        (
            "Meeting with Tom Hanks in Paris on 12 March 2025 at 14:30.",
            thing(attendees=many(S), location=S, date=DATE, time=S, start=MOMENT),
            {
                "attendees": ["Tom Hanks"],
                "location": "Paris",
                "date": "2025-03-12",
                "time": "14:30",
                "start": "2025-03-12T14:30:00Z",
            },
        ),
        (
            "Flight LH123 from Berlin to New York on 2025-01-05, return 12.01.2025, 2 adults, 450 EUR per person",
            thing(
                flight_number=S, origin=S, destination=S, departure_date=DATE, return_date=DATE, passengers=W, price=N
            ),
            {
                "flight_number": "LH123",
                "origin": "Berlin",
                "destination": "New York",
                "departure_date": "2025-01-05",
                "return_date": "2025-01-12",
                "passengers": 2,
                "price": 450,
            },
        ),
        (
            "The red car costs 15,000 dollars and weighs 1200 kg",
            thing(color=S, price=N, weight=N, currency=one("EUR", "USD")),
            {"color": "red", "price": 15_000, "weight": 1_200, "currency": "USD"},
        ),
        (
            "I give this film 4 out of 5 stars. Directed by Christopher Nolan in 2010.",
            thing(rating=W, director=S, year=W),
            {"rating": 4, "director": "Christopher Nolan", "year": 2010},
        ),
        (
            "John Smith works at Google as a product manager. He studied at Stanford University from 2010 to 2014.",
            thing(person=thing(name=S, employer=S, role=S), university=S, start_year=W, end_year=W),
            {
                "person": {"name": "John Smith", "employer": "Google", "role": "product manager"},
                "university": "Stanford University",
                "start_year": 2010,
                "end_year": 2014,
            },
        ),
        (
            "The product is in stock, wireless, and has free shipping. Not waterproof.",
            thing(in_stock=B, wireless=B, waterproof=B, free_shipping=B, refurbished=B),
            {
                "in_stock": True,
                "wireless": True,
                "waterproof": False,
                "free_shipping": True,
                "refurbished": False,
            },
        ),
        ("The bill is unpaid; it isn't overdue.", thing(paid=B, overdue=B), {"paid": False, "overdue": False}),
        (
            "Paris has 2.1 million inhabitants; Rome 2.8 million.",
            many(thing(name=S, population=W)),
            [{"name": "Paris", "population": 2_100_000}, {"name": "Rome", "population": 2_800_000}],
        ),
        (
            "Patient: Max Müller, born 12.03.1980, weight 82 kg, height 180 cm, temperature 37.5 °C",
            thing(patient=S, birth_date=DATE, weight_kg=N, height_cm=N, temperature=N),
            {
                "patient": "Max Müller",
                "birth_date": "1980-03-12",
                "weight_kg": 82,
                "height_cm": 180,
                "temperature": 37.5,
            },
        ),
        ("The door is closed.", thing(status=one("open", "closed")), {"status": "closed"}),
        ("Ship it in_progress style", thing(state=one("done", "in_progress")), {"state": "in_progress"}),
        ("Call me tomorrow at 555-123-4567", thing(phone=S, when=S), {"phone": "555-123-4567", "when": "tomorrow"}),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_the_text_tells_is_found_by_the_name_of_the_field(text, schema, value):
    assert answered(text, schema) == value


@pytest.mark.parametrize(
    "name", ["first_name", "firstName", "FirstName", "given_name"], ids=["snake", "camel", "pascal", "synonym"]
)
def test_the_words_of_a_name_count_however_they_are_joined(name):
    assert answered("Ada Lovelace wrote the first program.", thing(**{name: S})) == {name: "Ada"}


def test_two_fields_of_one_kind_take_two_values():
    schema = thing(sender=S, recipient=S, width=N, depth=N)
    value = answered("Tom wrote to Ann: it is 3 by 4.", schema)
    assert value["sender"] == "Tom"
    assert {value["width"], value["depth"]} == {3, 4}


def test_numbers_in_dates_times_and_codes_are_not_taken_for_amounts():
    text = "Order A-17 of 2024-05-06 at 14:30, paid 12.50 EUR"
    assert answered(text, thing(amount=N)) == {"amount": 12.5}
    assert answered(text, many(N)) == [12.5]


@pytest.mark.parametrize("text", ["", "?", "Hello.", "12", "\n\n", "A" * 5_000, "1,2,3 " * 2_000, "Bob and " * 2_000])
def test_any_text_gives_a_value_that_fits(text):
    answered(text, thing(name=S, age=W, total=N, due=DATE, items=many(thing(name=S, price=N)), tags=many(S), ok=B))


@pytest.fixture
def json_mode(say):
    def ask(question, instructions=None):
        fields = {} if instructions is None else {"instructions": instructions}
        return json.loads(say(question, text={"format": {"type": "json_object"}}, **fields))

    return ask


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Bob is 30 and likes tea. Answer in JSON with the keys name and age.", {"name": "Bob", "age": 30}),
        ("Return JSON with keys name, age for: Bob is 30 and likes tea", {"name": "Bob", "age": 30}),
        ("Bob is 30. Reply in JSON with 'name' and 'age' keys.", {"name": "Bob", "age": 30}),
        ('Bob is 30. Reply as JSON: {"name": "string", "age": 0}', {"name": "Bob", "age": 30}),
        ("Bob is 30. Reply as {name: string, age: number}", {"name": "Bob", "age": 30}),
        ("Bob is 30. Reply in JSON with the fields `name` (string) and `age` (integer).", {"name": "Bob", "age": 30}),
        ("Bob is 30. Give me JSON containing name, age and is_happy.", {"name": "Bob", "age": 30, "is_happy": False}),
        (
            'Bob is 30. The JSON has this schema: {"properties": {"age": {"type": "integer"}}, "required": ["age"]}',
            {"age": 30},
        ),
        (
            "What is 2+2? Respond in JSON with `answer` and `justification` keys.",
            {"answer": "4", "justification": "Worked out 2+2 exactly."},
        ),
        ("Alice and Carol met. Return JSON: {people: [string], place: string}", {"people": ["Alice", "Carol"]}),
        (
            'The app crashes. Answer as JSON: {"category": "bug|feature", "urgent": true}',
            {"category": "bug", "urgent": False},
        ),
    ],
)
def test_a_json_object_has_the_keys_that_the_prompt_names(json_mode, question, value):
    answer = json_mode(question)
    assert {**answer, **value} == answer


def test_the_keys_may_be_named_in_the_instructions(json_mode):
    wanted = 'Extract the person as JSON, such as {"name": "Ann", "age": 41, "tags": ["x"]}.'
    answer = json_mode("Bob is 30 and likes tea", wanted)
    assert (answer["name"], answer["age"]) == ("Bob", 30)
    assert isinstance(answer["tags"], list)


def test_a_prompt_without_keys_gets_an_answer(json_mode):
    assert json_mode("Say hello") == {"answer": "hello"}


def test_chat_completions_follow_the_keys_of_the_prompt_too(http):
    content = "Tell me a joke about cats. Return the result as a JSON with 'setup' and 'punchline' keys."
    asked = {"messages": [{"role": "user", "content": content}], "response_format": {"type": "json_object"}}
    reply = http.post("/chat/completions", json={"model": "grok-4.3", **asked}).json()
    assert json.loads(reply["choices"][0]["message"]["content"]).keys() == {"setup", "punchline"}
