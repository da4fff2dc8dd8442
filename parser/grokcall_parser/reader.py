"""A place in the tokens of a statement, moved from left to right."""

from __future__ import annotations

from typing import NoReturn

from sqlglot import Token, TokenType

from grokcall_parser.errors import CallSyntaxError
from grokcall_parser.literals import shortened
from grokcall_parser.spans import Span
from grokcall_parser.tokens import BRACKETS, CLOSING_SIGNS, is_word, read_tokens, source, span_of


class Reader:
    """The tokens of one text and the place of the next one to read.

    Args:
        text: The statement.

    Raises:
        CallSyntaxError: The text cannot be cut into tokens.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = read_tokens(text)
        self.position = 0

    @property
    def token(self) -> Token | None:
        """The next token, None at the end."""
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    @property
    def kind(self) -> TokenType | None:
        """What the next token is, None at the end."""
        token = self.token
        return token.token_type if token is not None else None

    def span_at(self, index: int) -> Span:
        """The place of a token; behind the last one, the place after it."""
        if index < len(self.tokens):
            return span_of([self.tokens[index]])
        end = self.tokens[-1].end + 1 if self.tokens else 0
        return Span(end, end)

    def word(self, ahead: int = 0) -> str:
        """The token so many places ahead in upper case if it is a word, and otherwise an empty text."""
        place = self.position + ahead
        token = self.tokens[place] if place < len(self.tokens) else None
        return source([token], self.text).upper() if token is not None and is_word(token, self.text) else ""

    def advance(self) -> Token:
        """The next token, which is passed; there must be one."""
        token = self.tokens[self.position]
        self.position += 1
        return token

    def accept(self, *kinds: TokenType) -> Token | None:
        """The next token if it is one of ``kinds``; then it is passed."""
        return self.advance() if self.kind in kinds else None

    def accept_words(self, *words: str) -> bool:
        """Whether the next tokens are these words, in upper case; then they are passed."""
        found = all(self.word(ahead) == word for ahead, word in enumerate(words))
        self.position += len(words) if found else 0
        return found

    def enclosed(self, opening: Token | None) -> list[Token]:
        """The tokens up to the bracket that closes ``opening``, which is passed, or else up to the end or a ``;``.

        Raises:
            CallSyntaxError: A bracket is not closed, or closes what was never opened.
        """
        start = self.position
        opened = [opening] if opening is not None else []
        while (token := self.token) is not None and token.token_type is not TokenType.SEMICOLON:
            if token.token_type in BRACKETS:
                opened.append(token)
            elif token.token_type in CLOSING_SIGNS:
                self._close(opened, token)
                if opening is not None and not opened:
                    self.position += 1
                    return self.tokens[start : self.position - 1]
            self.position += 1
        if opened:
            sign, closing = opened[-1].text, CLOSING_SIGNS[BRACKETS[opened[-1].token_type]]
            self.fail(f"the '{sign}' that stands here is never closed; close it with '{closing}'", span_of(opened[-1:]))
        return self.tokens[start : self.position]

    def _close(self, opened: list[Token], token: Token) -> None:
        if not opened:
            self.fail(f"this '{token.text}' closes nothing; leave it out", span_of([token]))
        closing = BRACKETS[opened[-1].token_type]
        if closing is not token.token_type:
            message = f"found '{token.text}' where the '{opened[-1].text}' before it needs '{CLOSING_SIGNS[closing]}'"
            self.fail(message, span_of([token]))
        opened.pop()

    def finish(self, after: str) -> None:
        """Passes the semicolons at the end; ``after`` is what the text before them is called.

        Raises:
            CallSyntaxError: Something else follows.
        """
        ended = self.accept(TokenType.SEMICOLON) is not None
        while self.accept(TokenType.SEMICOLON):
            pass
        if self.token is None:
            return
        if ended:
            self.fail("a second statement begins here; send one at a time, or use executescript or a file for several")
        self.fail(f"found {self.shown()} after {after}; nothing but ';' may stand here")

    def shown(self) -> str:
        """The next token as a message shows it."""
        if self.token is None:
            return "the end of the statement"
        written = shortened(source([self.token], self.text))
        return written if any(sign.isalnum() for sign in written) else f"'{written}'"

    def fail(self, message: str, span: Span | None = None) -> NoReturn:
        """Raises a CallSyntaxError that points at ``span``, or at the next token."""
        raise CallSyntaxError(message, self.text, span or self.span_at(self.position))
