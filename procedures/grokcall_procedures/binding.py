"""The binder: statement and procedure once, values for each row, a frozen call out.

What can be checked without values is checked when the :class:`Binder` is made, with the place in the text. What is
left for a row is a few dictionary look-ups, so a lookup over a million rows parses and resolves its statement once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grokcall_parser import Argument, ArgumentsError, Call, Literal, Marker, Span, point_at
from grokcall_parser.errors import DataError
from grokcall_parser.suggestions import hint
from grokcall_procedures.answers import shaped
from grokcall_procedures.arguments import UNKNOWN as UNKNOWN
from grokcall_procedures.arguments import (
    check_count,
    check_required,
    is_excusable,
    known_value,
    parameter_of,
    pointer_to,
)
from grokcall_procedures.definition import STORE, BoundCall, Parameter, Procedure, Values
from grokcall_procedures.errors import BadValueError
from grokcall_procedures.settings import Settings
from grokcall_procedures.types import UnfitValue, described, plain
from grokcall_procedures.values import fit_value

__all__ = ["UNKNOWN", "BadValueError", "Binder", "MarkerBinding"]


@dataclass(frozen=True, slots=True)
class MarkerBinding:
    """A marker of the statement and the parameter that it fills."""

    parameter: Parameter
    position: int
    slot: int
    """Which of the binder's distinct markers, from 0."""


class Binder:
    """Joins one statement with one procedure.

    Args:
        call: The parsed statement.
        procedure: Its definition.
        settings: The connection's choices.
        known: Values of markers that are the same for every row, by name or in order. They are needed where the
            result's columns follow from one (``OutputSchema``).
        columns_later: Whether such a marker may do without a value: the columns are then those of the definition, and
            nothing can be bound.

    Raises:
        grokcall_parser.ArgumentsError: Too many arguments, one given twice, or a required one missing; or the columns
            follow from a value that is not known.
        grokcall_parser.UnknownNameError: A named argument that the procedure does not have.
        BadValueError: A literal that does not fit.

    >>> from grokcall_parser import parse_call
    >>> from grokcall_procedures import CATALOG
    >>> binder = Binder(parse_call("CALL GenerateResponse(:Message)"), CATALOG["GenerateResponse"], Settings())
    >>> binder.bind({"message": "hi"}).values
    {'Model': 'grok-4.3', 'Message': 'hi'}
    """

    def __init__(
        self,
        call: Call,
        procedure: Procedure,
        settings: Settings,
        known: Mapping[str, object] | Sequence[object] | None = None,
        *,
        columns_later: bool = False,
    ) -> None:
        self.call = call
        self.procedure: Procedure = procedure
        """The definition, with the columns that the statement declares."""
        self.settings = settings
        self._known = known
        self._columns_later = columns_later
        self.marker_names: list[str | None] = []
        """The distinct markers in order of the text; None for each question mark."""
        self._slots: dict[str, int] = {}
        self._constants: Values = {}
        self._constant_warnings: tuple[str, ...] = ()
        self._excused: list[Parameter] = []
        """The required parameters that another one in the statement may excuse."""
        self.bindings: tuple[MarkerBinding, ...] = self._resolve()
        if procedure.model_kind is not None and "Model" not in {b.parameter.name for b in self.bindings}:
            self._constants.setdefault("Model", settings.default_models[procedure.model_kind])

    @property
    def marker_count(self) -> int:
        """How many distinct values a row has to bring."""
        return len(self.marker_names)

    @property
    def constants(self) -> Mapping[str, object]:
        """The values that are the same for every row, by parameter."""
        return self._constants

    def bind(self, values: Mapping[str, object] | Sequence[object] | None = None) -> BoundCall:
        """The call with ``values``: a mapping for named markers (any case), a sequence for question marks.

        Raises:
            ArgumentsError: A marker has no value, or the sequence has the wrong length.
            BadValueError: A value does not fit its parameter, or a required one is NULL.
            DataError: The values do not go together.
        """
        return self.bind_row(self._in_order(values))

    def lacks_required(self, row: Sequence[object]) -> bool:
        """Whether a required parameter has no value in a row, which is given as for :meth:`bind_row`."""
        return any(
            row[binding.slot] is None and not self._may_be_null(binding.parameter, row)
            for binding in self.bindings
            if binding.parameter.required
        )

    def bind_row(self, row: Sequence[object]) -> BoundCall:
        """The call with one value for each of ``marker_names``, in that order; the fast way for lookups."""
        values: Values = self._constants.copy()
        warnings = self._constant_warnings
        for binding in self.bindings:
            parameter, given = binding.parameter, row[binding.slot]
            if given is None and self._may_be_null(parameter, row):
                continue
            value, warning = self._fit(given, parameter, binding.position)
            if value is not None:
                values[parameter.name] = value
            if warning:
                warnings = (*warnings, warning)
        if self._excused:
            self._check_excused(values)
        kind = self.procedure.model_kind
        if kind is not None and "Model" not in values:
            values["Model"] = self.settings.default_models[kind]
        if self.settings.store is not None and self.procedure.has_store:
            values.setdefault(STORE, self.settings.store)
        for rule in self.procedure.rules:
            try:
                found = rule(values, self.settings)
            except UnfitValue as error:
                raise self._refused(error) from None
            if found:
                warnings = (*warnings, *(f"{self.procedure.name}: {warning}" for warning in found))
        return BoundCall(self.procedure, values, self.settings, warnings)

    def _may_be_null(self, parameter: Parameter, row: Sequence[object]) -> bool:
        """Whether a parameter needs no value in a row, because it never does or because of another's value."""
        if not parameter.required:
            return True
        instead = parameter.unless
        return instead is not None and (
            instead in self._constants
            or any(each.parameter.name == instead and row[each.slot] is not None for each in self.bindings)
        )

    def _check_excused(self, values: Values) -> None:
        """Raises for a required parameter that has no value beside none of the one that would excuse it."""
        for parameter in self._excused:
            if parameter.name not in values and parameter.unless not in values:
                raise self._refused(UnfitValue("is required and must not be NULL", parameter.name))

    def _resolve(self) -> tuple[MarkerBinding, ...]:
        check_count(self.call, self.procedure, self.settings)
        taken: dict[str, Span] = {}
        bindings: list[MarkerBinding] = []
        for index, argument in enumerate(self.call.arguments):
            parameter, position = parameter_of(self.call, self.procedure, index)
            if parameter.name in taken:
                raise ArgumentsError(
                    f"{self.procedure.name}: {parameter.name} (position {position}) is given twice; keep one of them",
                    self.call.text,
                    argument.name_span or argument.span,
                    procedure=self.procedure.name,
                    parameter=parameter.name,
                    position=position,
                )
            taken[parameter.name] = argument.span
            if parameter.decides_columns:
                bindings += self._decide_columns(argument, parameter, position)
            elif isinstance(argument.value, Marker):
                bindings.append(MarkerBinding(parameter, position, self._slot(argument.value)))
            else:
                self._take_literal(argument.value, parameter, position)
        check_required(self.call, self.procedure, taken)
        self._excused = [each for each in self.procedure.parameters if each.unless is not None and each.unless in taken]
        return tuple(bindings)

    def _slot(self, marker: Marker) -> int:
        if marker.name is None:
            self.marker_names.append(None)
            return len(self.marker_names) - 1
        key = marker.name.lower()
        if key not in self._slots:
            self._slots[key] = len(self.marker_names)
            self.marker_names.append(marker.name)
        return self._slots[key]

    def _take_literal(self, literal: Literal, parameter: Parameter, position: int) -> None:
        value, warning = self._fit(literal.value, parameter, position, literal.span)
        if value is not None:
            self._constants[parameter.name] = value
        if warning:
            self._constant_warnings = (*self._constant_warnings, warning)

    def _decide_columns(self, argument: Argument, parameter: Parameter, position: int) -> list[MarkerBinding]:
        """Gives the procedure the columns that follow from an argument, whose value must be known by now."""
        span, marker = argument.value.span, argument.value
        if isinstance(marker, Marker):
            slot = self._slot(marker)
            value = known_value(self._known, marker)
            if value is UNKNOWN and self._columns_later:
                return [MarkerBinding(parameter, position, slot)]
            if value is UNKNOWN:
                raise ArgumentsError(
                    f"{self.procedure.name}: the result's columns follow from {parameter.name} (position {position}), "
                    "so all rows need the same; write it into the statement, or map the marker to a constant",
                    self.call.text,
                    span,
                    procedure=self.procedure.name,
                    parameter=parameter.name,
                    position=position,
                )
        else:
            value = marker.value
        fitted, _ = self._fit(value, parameter, position, span)
        if fitted is not None:
            self._constants[parameter.name] = fitted
            try:
                self.procedure = shaped(self.procedure, parameter, fitted, plain(value))
            except UnfitValue as error:
                raise BadValueError(
                    str(error), self.procedure.name, parameter.name, position, point_at(self.call.text, span)
                ) from None
        return []

    def _fit(
        self, value: object, parameter: Parameter, position: int, span: Span | None = None
    ) -> tuple[object, str | None]:
        try:
            fitted, warning = fit_value(value, parameter, self.settings)
            if fitted is None and parameter.required and not is_excusable(self.call, parameter):
                raise UnfitValue("is required and must not be NULL")
        except UnfitValue as error:
            pointer = point_at(self.call.text, span) if span is not None and not parameter.secret else ""
            raise BadValueError(str(error), self.procedure.name, parameter.name, position, pointer) from None
        return fitted, f"{self.procedure.name}: {warning}" if warning else None

    def _refused(self, error: UnfitValue) -> DataError:
        """The error of a rule, with the place of the parameter that it found at fault."""
        name = self.procedure.name
        if error.parameter is None:
            return DataError(f"{name}: {error}")
        parameter = self.procedure.by_name[error.parameter.lower()]
        position = self.procedure.parameters.index(parameter) + 1
        pointer = pointer_to(self.call, self.procedure, parameter)
        return BadValueError(str(error), name, parameter.name, position, pointer)

    def _in_order(self, values: Mapping[str, object] | Sequence[object] | None) -> Sequence[object]:
        if isinstance(values, Mapping):
            return self._from_mapping(values)
        if values is None:
            values = ()
        if isinstance(values, str | bytes):
            raise ArgumentsError(f"parameters must be a mapping or a sequence, not {described(values)}")
        if self._slots and values:
            shown = ", ".join(f":{name}" for name in self.marker_names)
            raise ArgumentsError(f"the statement has named markers ({shown}): pass a mapping, not a sequence")
        if self._slots:
            return self._from_mapping({})
        if len(values) != self.marker_count:
            raise ArgumentsError(
                f"the statement has {self.marker_count} question mark{'s' if self.marker_count != 1 else ''}, "
                f"got {len(values)} value{'s' if len(values) != 1 else ''}",
                self.call.text,
                self.call.span,
                procedure=self.procedure.name,
            )
        return values

    def _from_mapping(self, values: Mapping[str, object]) -> Sequence[object]:
        if not self._slots and self.marker_count:
            raise ArgumentsError("the statement has question marks: pass a sequence, not a mapping")
        given = {str(key).lower().lstrip(":$@"): value for key, value in values.items()}
        missing = [name for name in self.marker_names if name is not None and name.lower() not in given]
        if missing:
            shown = ", ".join(f":{name}" for name in missing)
            told = hint(missing[0], map(str, values), f"pass {{{missing[0]!r}: …}} (NULL is None)")
            span = next(m.span for m in self.call.markers if m.name == missing[0])
            raise ArgumentsError(f"no value for {shown}; {told}", self.call.text, span, procedure=self.procedure.name)
        return [given[name.lower()] for name in self.marker_names if name is not None]
