"""What a structured answer is about, and the people, places and things in it by the names of properties."""

from collections.abc import Callable
from dataclasses import dataclass, field

from grokcall_sandbox.text.conversation import Conversation
from grokcall_sandbox.text.details import (
    code_in,
    colour_in,
    currency_in,
    job_in,
    labelled_value,
    phone_in,
    postcode_in,
    products_in,
    state_in,
    street_in,
)
from grokcall_sandbox.text.names import names_in, names_of
from grokcall_sandbox.text.words import ASKING, STOPWORDS, listed

_COMPANIES = listed(
    "company employer organization organisation vendor seller supplier merchant brand university school college"
)
PEOPLE = listed(
    "person name customer client user author sender recipient receiver buyer employee contact patient student "
    "assignee reporter owner manager guest candidate passenger speaker who username people persons names "
    "participants attendees authors employees customers members team guests speakers director writer creator "
    "founder composer artist actor singer winner president ceo"
)
_PRODUCTS = listed("product products item items sku article articles goods lines line")
_PLACES = listed("city town place location destination origin cities places locations destinations")
_CODES = listed("id code number no nr sku reference ref tracking")


@dataclass(slots=True)
class About:
    """What a structured answer, or a part of it, is about.

    Attributes:
        conversation: What was said.
        text: The text itself, or the piece of it that the part is about.
        parents: The words of the names of the properties that the part stands in.
        taken: Names that other properties took.
    """

    conversation: Conversation
    text: str
    parents: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


def named_thing(words: list[str], about: About) -> str:
    """The person, place, thing or detail that a property means; empty when the text has none of its kind.

    Args:
        words: The words of the property's name.
        about: Where to look; one that stands in `product` or in `customer` has a name of that kind.
    """
    told, text = set(words), about.text
    parents = set(about.parents)
    for names, look in _DETAILS:
        if names & told and (found := look(text)):
            return found
    if told & _CODES and not told & {"phone"} and (found := code_in(words, text)):
        return found
    if told & _COMPANIES or ("name" in told and parents & _COMPANIES):
        return _free(names_of("company", text) or names_of("person", text), about)
    if told & _PLACES:
        return _free(names_of("place", text) or names_of("country", text), about)
    if told & _PRODUCTS or (told & {"name", "description"} and parents & _PRODUCTS):
        products = [product for product, _ in products_in(text)]
        return _free(products or [name.text for name in names_in(text)], about)
    if told & PEOPLE or (words[-1:] and words[-1].endswith("name")):
        return _person(told, about)
    return ""


def named_things(words: list[str], about: About) -> list[str]:
    """All that a property in the plural means, in order; none where its name tells no kind of thing."""
    told, text = set(words), about.text
    for kind, names in (("company", {"companies", "organizations"}), ("country", {"countries"})):
        if names & told:
            return names_of(kind, text)
    if told & _PLACES:
        return names_of("place", text)
    if told & _PRODUCTS and products_in(text):
        return [product for product, _ in products_in(text)]
    return names_of("person", text) if told & PEOPLE else []


def keyword_of(text: str) -> str:
    """The longest telling word of a text, as it is written there."""
    return (*keywords_of(text, 1), "none")[0]


def keywords_of(text: str, count: int) -> list[str]:
    """The longest telling words of a text, longest first, as they are written there."""
    written = [word.strip(".,;:!?\"'()[]“”’") for word in text[:4_000].split()]
    telling = [word for word in written if word.replace("-", "").isalpha() and word.lower() not in STOPWORDS | ASKING]
    return sorted(dict.fromkeys(telling), key=len, reverse=True)[:count]


def _person(told: set[str], about: About) -> str:
    people = names_of("person", about.text)
    if told & {"first", "given"}:
        return people[0].split()[0] if people else ""
    if told & {"last", "family", "surname"}:
        return people[0].split()[-1] if people else ""
    labelled = names_of("person", labelled_value(sorted(told), about.text))
    people = labelled or people
    return _free(people or [name.text for name in names_in(about.text)], about) or labelled_value(["name"], about.text)


def _free(names: list[str], about: About) -> str:
    """The first of the names that no other property took, else the first."""
    chosen = next((name for name in names if name not in about.taken), names[0] if names else "")
    about.taken.add(chosen)
    return chosen


def _address(text: str) -> str:
    street = street_in(text)
    if not street:
        return ""
    start = text.index(street)
    line = text[start : start + 120].split("\n")[0]
    ends = [line.find(part) + len(part) for part in _address_parts(line) if part in line]
    return line[: max([len(street), *ends])].strip(" ,.")


def _address_parts(line: str) -> list[str]:
    return [postcode_in(line), *names_of("place", line), *names_of("country", line)]


def _country(text: str) -> str:
    return (*names_of("country", text), "")[0]


_DETAILS: tuple[tuple[frozenset[str], Callable[[str], str]], ...] = (
    (frozenset(("phone", "telephone", "mobile", "fax", "tel")), phone_in),
    (frozenset(("street",)), street_in),
    (frozenset(("address",)), _address),
    (frozenset(("zip", "zipcode", "postal", "postcode")), postcode_in),
    (frozenset(("state", "province")), state_in),
    (frozenset(("country",)), _country),
    (frozenset(("currency",)), currency_in),
    (frozenset(("color", "colour")), colour_in),
    (frozenset(("job", "occupation", "profession", "role", "position")), job_in),
)
