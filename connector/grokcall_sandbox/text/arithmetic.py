"""Sums, worked out exactly by a reader that knows numbers and operators and nothing else."""

import ast
import re
from fractions import Fraction

from grokcall_sandbox.text.conversation import Answer, Conversation

_WORDED = (
    (re.compile(r"\bplus\b", re.IGNORECASE), "+"),
    (re.compile(r"\bminus\b", re.IGNORECASE), "-"),
    (re.compile(r"\b(?:times|multiplied by)\b|×|·", re.IGNORECASE), "*"),
    (re.compile(r"\b(?:divided by|over)\b|÷", re.IGNORECASE), "/"),
    (re.compile(r"\bto the power of\b|\^", re.IGNORECASE), "**"),
    (re.compile(r"(\d+(?:\.\d+)?)\s*%\s*of\b", re.IGNORECASE), r"\1/100*"),
    (re.compile(r"(?<=\d),(?=\d{3}\b)"), ""),
)
_TERM = r"[-+(\s]*\d[\d.]*[)\s]*"
_EXPRESSION = rf"{_TERM}(?:(?:\*\*|[-+*/%]){_TERM})+"
_ASKED = re.compile(
    r"(?:what(?:'s| is| are)|how much is|compute|calculate|evaluate|solve|work out|result of|equals?)[\s:]{1,3}"
    rf"(?P<asked>{_EXPRESSION})|^(?P<alone>{_EXPRESSION})[=?\s.]*$|(?P<equals>{_EXPRESSION})=\s*\??",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\b(?:sum|total) of (-?\d[\d.]*(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)-?\d[\d.]*)+)|"
    r"\badd (-?\d[\d.]*(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+to\s+)-?\d[\d.]*)+)",
    re.IGNORECASE,
)
_LIKELY = re.compile(
    r"\d[\d.)]*\s*(?:[-+*/^%×÷·]|plus|minus|times|multiplied|divided|over|to the)|\d,? ?(?:and|to|,) ?-?\d"
)
_MAX_LENGTH = 200
_MAX_EXPONENT = 64
_MAX_DIGITS = 400


def calculate(expression: str) -> Fraction:
    """The exact value of an expression of numbers, brackets and `+ - * / % **`.

    Raises:
        ValueError: It is no such expression, is too long, divides by zero or grows beyond bounds.
    """
    if len(expression) > _MAX_LENGTH:
        raise ValueError("the expression is too long")
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, ZeroDivisionError, RecursionError, OverflowError) as problem:
        raise ValueError(f"not a sum: {problem}") from problem


def answer_sum(conversation: Conversation) -> Answer | None:
    """The result, if the question asks to work something out."""
    text = conversation.question
    found = find_expression(text[:2_000]) if _LIKELY.search(text, 0, 2_000) else None
    if found is None:
        return None
    try:
        value = calculate(found)
    except ValueError:
        return None
    return Answer(show_number(value), f"Worked out {found.strip()} exactly.")


def find_expression(text: str) -> str | None:
    """The sum a text asks for, with signs in place of words, or None."""
    added = _SUM.search(text)
    if added is not None:
        numbers = re.findall(r"-?\d+(?:\.\d+)?", added.group(0))
        return " + ".join(f"({number})" for number in numbers)
    for pattern, sign in _WORDED:
        text = pattern.sub(sign, text)
    found = _ASKED.search(text)
    return next((group.strip() for group in found.groups() if group), None) if found else None


def show_number(value: Fraction) -> str:
    """A number as people write it: whole where it is, else with at most ten decimals."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.10f}".rstrip("0").rstrip(".")


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Fraction(str(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=operator, right=right):
            return _operate(operator, _value(left), _value(right))
    raise ValueError("only numbers and operators are read")


def _operate(operator: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.Mod():
            return left % right
        case ast.Pow():
            if right.denominator != 1 or abs(right) > _MAX_EXPONENT or len(str(left)) * abs(right) > _MAX_DIGITS:
                raise ValueError("the power is too large")
            return Fraction(left ** int(right))
    raise ValueError("that operator is not known")
