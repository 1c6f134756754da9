"""The process in which templates are proven: `python -m py360.modules.templates.compiler.child`, templates in, findings out.

It limits its own memory and computing time before it reads anything.
"""

import resource
import sys
from dataclasses import dataclass, field
from typing import Final

import orjson

MEMORY_BYTES: Final = 1 << 30
SECONDS: Final = 10  # of computing, for all templates of a request


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a template cannot be saved."""

    message: str
    code: str
    details: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is reported of one template."""

    findings: list[Remark] = field(default_factory=list)
    refused: Refusal | None = None


def answer(request: bytes) -> bytes:
    """What is reported of each template, up to the first that is refused."""
    from py360.modules.templates.compiler.lint import lint  # after the limits
    from py360.modules.templates.errors import TemplateInvalid
    from py360.modules.templates.models import Template

    answers: list[Answer] = []
    for each in orjson.loads(request):
        try:
            answers.append(Answer([Remark(found.code, found.message) for found in lint(Template(**each))]))
        except TemplateInvalid as refused:
            details = [dict(detail) for detail in refused.details]
            answers.append(Answer(refused=Refusal(refused.message, refused.code, details)))
            break
    return orjson.dumps(answers)


def main() -> None:
    """Limit this process, then read the request and write the answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
