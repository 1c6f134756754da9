"""The syntax of templates, read in one pass over the text: plain text, `{{ values }}`, `{% if %}` and `{# remarks #}`.

A value has five spellings in the field (domain reference, section 13.2): `{{x}}`, `{x}` and `[X]`, whatever its case, spaces
and underscores. It may have filters (`{{ agent_name|default('our team') }}`). Statements are if, elif, else and endif:
templates have no lists to loop over, so nothing that they say can grow beyond their own length and their values'.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from py360.modules.templates.errors import TemplateInvalid
from py360.modules.templates.variables import canonical

FILTERS: Final = frozenset(
    [
        "abs",
        "capitalize",
        "count",
        "d",
        "default",
        "first",
        "float",
        "int",
        "last",
        "length",
        "lower",
        "replace",
        "round",
        "string",
        "title",
        "trim",
        "upper",
        "urlencode",
    ]
)
TESTS: Final = frozenset(
    ["defined", "undefined", "none", "string", "number", "in", "eq", "equalto", "ne", "startingwith", "endingwith"]
)
STATEMENTS: Final = frozenset({"if", "elif", "else", "endif"})
_KEYWORDS: Final = frozenset(
    ["if", "else", "and", "or", "not", "in", "is", "true", "false", "none", "True", "False", "None"]
)
_OPERATORS: Final = ("==", "!=", "<=", ">=", "<", ">", "+", "-", "~", "|", "(", ")", ",", ".")
LONGEST_STRING: Final = 500
LONGEST_NUMBER: Final = 9
MOST_TOKENS: Final = 100  # of one value or condition
DEEPEST_BRACKETS: Final = 10
DEEPEST_IFS: Final = 10
MOST_BRANCHES: Final = 50  # of one condition
MOST_CODE: Final = 2_000  # values and conditions of one text


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A value: what is between the braces, its variables by the catalogue's names."""

    code: str
    variables: tuple[str, ...] = ()

    @property
    def lone(self) -> str | None:
        """The variable, when the value is nothing else."""
        return self.code if self.variables == (self.code,) else None


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a condition."""

    code: str
    variables: tuple[str, ...] = ()


Part = Literal | Expression | Statement


@dataclass(frozen=True, slots=True)
class Source:
    """A text in its parts; the variables it uses, how the author spelled them, and what is no variable."""

    parts: tuple[Part, ...]
    variables: tuple[str, ...]
    spelled: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text with its values in one spelling, `{{ name }}`, as the template engine takes it."""
        return code_of(self.parts)


def code_of(parts: Iterable[Part]) -> str:
    """Parts as the template engine takes them. A brace in plain text that would begin code becomes a value of itself."""
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, Expression):
            pieces.append("{{ " + part.code + " }}")
        elif isinstance(part, Statement):
            pieces.append("{% " + part.code + " %}")
        else:
            pieces.append(_plain(part.text))
    return "".join(pieces)


def _plain(text: str) -> str:
    """Plain text as the engine takes it: braces that would begin code are written as values."""
    pieces: list[str] = []
    at = 0
    while (brace := text.find("{", at)) != -1:
        end = brace
        while text.startswith("{", end):
            end += 1
        begins_code = end - brace > 1 or end == len(text) or text[end] in "%#"
        pieces += (text[at:brace], "{{ '" + text[brace:end] + "' }}" if begins_code else "{")
        at = end
    return "".join((*pieces, text[at:]))


def unify(text: str) -> Source:
    """Read a template's text. Square brackets around something unknown are plain text.

    Raises TemplateInvalid: `template_syntax` for what is not closed or not allowed, `template_too_large` for too much.
    """
    reader = _Reader(text)
    parts = tuple(reader.parts())
    _check_conditions(parts)
    return Source(parts, tuple(reader.used), tuple(reader.spelled), tuple(reader.unknown))


def _check_conditions(parts: Sequence[Part]) -> None:
    """Conditions are closed, and neither deep nor long."""
    branches: list[int] = []
    for part in parts:
        if not isinstance(part, Statement):
            continue
        word = part.code.partition(" ")[0]
        if word == "if":
            branches.append(0)
        elif not branches:
            raise wrong(f"“{{% {word} %}}” is used without an “{{% if … %}}” before it.")
        elif word == "endif":
            branches.pop()
        else:
            branches[-1] += 1
        if len(branches) > DEEPEST_IFS:
            raise wrong(f"Conditions are nested more than {DEEPEST_IFS} deep. Use fewer.")
        if branches and branches[-1] > MOST_BRANCHES:
            raise wrong(f"A condition has more than {MOST_BRANCHES} branches. Use fewer.")
    if branches:
        raise wrong("An “{% if … %}” is not closed. Add “{% endif %}” where it ends.")


def wrong(message: str) -> TemplateInvalid:
    """What is wrong with a template's syntax, in a sentence."""
    return TemplateInvalid(message, code="template_syntax")


class _Reader:
    """One pass over a text; keeps which variables it met."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.used: dict[str, None] = {}
        self.spelled: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self._codes = 0
        self._remark_ends = True  # until a search for it has failed

    def parts(self) -> Iterator[Part]:
        """The parts in order; neighbouring plain texts may be several."""
        text, begun = self._text, 0
        for at in self._openings():
            if at < begun:
                continue
            part, end = self._code(at)
            if end == at:
                continue
            if at > begun:
                yield Literal(text[begun:at])
            if part is not None:
                yield part
            begun = end
            self._codes += 1
            if self._codes > MOST_CODE:
                raise TemplateInvalid(
                    f"The template has more than {MOST_CODE} values and conditions. Make it shorter.",
                    code="template_too_large",
                )
        if begun < len(text):
            yield Literal(text[begun:])

    def _openings(self) -> Iterator[int]:
        for at, character in enumerate(self._text):
            if character in "{[":
                yield at

    def _code(self, at: int) -> tuple[Part | None, int]:
        """The code that begins here, and where it ends; `at` itself where none begins."""
        opening = self._text[at : at + 2]
        if opening == "{{":
            return self._value(at)
        if opening == "{%":
            return self._statement(at)
        if opening == "{#":
            return self._remark(at)
        return self._short(at)

    def _remark(self, at: int) -> tuple[Part | None, int]:
        end = self._text.find("#}", at + 2) if self._remark_ends else -1
        self._remark_ends = end != -1
        return None, at if end == -1 else end + 2

    def _short(self, at: int) -> tuple[Part | None, int]:
        """`{name}` and `[Name]`."""
        square = self._text[at] == "["
        window = self._text[at + 1 : at + 64]
        inner, closing, _ = window.partition("]" if square else "}")
        name = inner.strip()
        shaped = closing and name[:1].isascii() and name[:1].isalpha() and _is_name(name, " _" if square else "_")
        if not shaped or (not square and self._text[at + 1 + len(inner) : at + 3 + len(inner)] == "}}"):
            return None, at
        known = canonical(name)
        if known is None or (square and " " not in inner and self._in_address(at)):
            if not square:
                self.unknown[name] = None
            return None, at
        self._met(name, known)
        return Expression(known, (known,)), at + len(inner) + 2

    def _in_address(self, at: int) -> bool:
        """Whether this place is inside an address that is written out: `?f[name]=1` is no variable."""
        before = self._text[max(0, at - 500) : at]
        return bool(before) and not before[-1].isspace() and "://" in before.split()[-1]

    def _met(self, spelled: str, known: str) -> None:
        self.used[known] = None
        self.spelled[spelled] = None

    def _value(self, at: int) -> tuple[Part, int]:
        tokens, end = _tokens(self._text, at + 2, "}}", "{{")
        if not tokens:
            raise wrong("“{{ }}” is empty. Put the name of a variable into it.")
        pipe = next((token for token in tokens if token.text == "|"), None)
        head = self._text[tokens[0].at : pipe.at if pipe else end].strip()
        rest = [token for token in tokens if pipe is not None and token.at >= pipe.at]
        if head[:1].isalpha() and _is_name(head, " _.-"):
            known = canonical(head)
            if known is None and not any(token.text in _KEYWORDS or token.text == "-" for token in tokens[1:]):
                self.unknown[head] = None
                return Literal(self._text[at : end + 2]), end + 2
            if known is not None:
                self._met(head, known)
                code, more = self._expression(rest)
                return Expression(known + code, tuple(dict.fromkeys((known, *more)))), end + 2
        code, variables = self._expression(tokens)
        return Expression(code, variables), end + 2

    def _statement(self, at: int) -> tuple[Part, int]:
        tokens, end = _tokens(self._text, at + 2, "%}", "{%")
        word = tokens[0].text if tokens else ""
        if word not in STATEMENTS:
            raise wrong(f"“{{% {word[:40]} %}}” cannot be used: templates know if, elif, else and endif.")
        if (len(tokens) > 1) != (word in {"if", "elif"}):
            problem = "needs a condition" if word in {"if", "elif"} else "takes no condition"
            raise wrong(f"“{{% {word} %}}” {problem}.")
        code, variables = self._expression(tokens[1:])
        return Statement(f"{word} {code}".rstrip(), variables), end + 2

    def _expression(self, tokens: Sequence["_Token"]) -> tuple[str, tuple[str, ...]]:
        """Tokens as the engine takes them, variables by their names in the catalogue."""
        pieces: list[str] = []
        variables: dict[str, None] = {}
        depth, before = 0, ""
        for place, token in enumerate(tokens):
            following = tokens[place + 1].text if place + 1 < len(tokens) else ""
            piece = token.text
            depth += (piece == "(") - (piece == ")")
            if depth > DEEPEST_BRACKETS:
                raise wrong(f"Brackets are nested more than {DEEPEST_BRACKETS} deep. Use fewer.")
            if piece == "." or (piece == "(" and token.kind == "operator" and before == "name"):
                raise wrong(f"“{piece}” cannot follow a variable. Use a filter, such as “|upper”.")
            before = ""
            if token.kind == "name":
                before, piece = self._name(piece, tokens[place - 1].text if place else "", following)
                if before == "name":
                    variables[piece] = None
            pieces.append(piece if piece in {"|", "(", ")", ","} else f" {piece} ")
        return "".join(pieces), tuple(variables)

    def _name(self, name: str, previous: str, following: str) -> tuple[str, str]:
        """What a name is (filter, test, keyword or the name of a variable), and how the engine takes it."""
        if previous == "|":
            if name not in FILTERS:
                raise wrong(_no_filter(name))
            return "filter", name
        if name in _KEYWORDS:
            return "keyword", name
        if previous in {"is", "not"} and name in TESTS:
            return "test", name
        if following == "(":
            raise wrong(f"“{name[:40]}(…)” cannot be used: templates have variables and filters, no functions.")
        known = canonical(name)
        if known is None:
            self.unknown[name] = None
            return "unknown", name
        self._met(name, known)
        return "name", known


def _no_filter(name: str) -> str:
    if name == "safe":
        return "“|safe” cannot be used: what a value holds is always written as text, never as HTML. Leave it out."
    return f"There is no filter “{name[:40]}”. These can be used: {', '.join(sorted(FILTERS))}."


@dataclass(frozen=True, slots=True)
class _Token:
    """A name, number, string or operator, and where it is."""

    kind: str
    text: str
    at: int


def _is_name(text: str, beside: str) -> bool:
    return all(character.isalnum() or character in beside for character in text)


def _tokens(text: str, at: int, closing: str, opening: str) -> tuple[list[_Token], int]:
    """The tokens up to the closing braces, and where these stand."""
    tokens: list[_Token] = []
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            raise wrong(f"“{opening}” is not closed. Add “{closing}” where it ends.")
        if text.startswith(closing, at):
            return tokens, at
        token = _token(text, at, opening)
        tokens.append(token)
        if len(tokens) > MOST_TOKENS:
            raise wrong(f"“{opening} … {closing}” holds more than {MOST_TOKENS} words and signs. Make it shorter.")
        at += len(token.text)


def _token(text: str, at: int, opening: str) -> _Token:
    character = text[at]
    if character in "'\"":
        return _Token("string", _string(text, at), at)
    if character.isalpha() or character == "_":
        return _Token("name", _run(text, at, 100), at)
    if character.isdecimal() and character.isascii():
        number = _run(text, at, LONGEST_NUMBER + 1)
        if not (number.isdecimal() and number.isascii()) or len(number) > LONGEST_NUMBER:
            raise wrong(f"“{number}…” is not a number of at most {LONGEST_NUMBER} digits.")
        return _Token("number", number, at)
    for operator in _OPERATORS:
        if text.startswith(operator, at):
            return _Token("operator", operator, at)
    raise wrong(f"“{character}” cannot be used inside “{opening}”. Check what is written there.")


def _run(text: str, at: int, most: int) -> str:
    end = at
    while end < len(text) and end - at < most and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[at:end]


def _string(text: str, at: int) -> str:
    """A string with its quotes. A backslash takes the next character as it is."""
    end = at + 1
    while end < len(text) and end - at <= LONGEST_STRING:
        if text[end] == text[at]:
            return text[at : end + 1]
        end += 2 if text[end] == "\\" else 1
    raise wrong(f"A quoted text inside a value is not closed, or longer than {LONGEST_STRING} characters.")
