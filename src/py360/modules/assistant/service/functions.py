"""Analyses that a page asks for: by the model when there is one, else by rules; each says which."""

from typing import Final

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.assistant.schemas import Page, Question
from py360.modules.assistant.service import chat
from py360.modules.assistant.service.settings import Stored
from py360.modules.assistant.views import AnalysisView, Section

_FORM: Final = (
    "Answer in short paragraphs, each under a line that begins with “## ”: situation, insights, recommendations (1-2 weeks,"
    " 1-3 months, 3-12 months), success metrics, next questions."
)


async def analyse(
    reads: Reads, caller: Caller, stored: Stored, task: str, page: Page, rules: list[Section]
) -> AnalysisView:
    """The model's analysis in sections; the rules' when there is no model, or it gave no answer."""
    ended = chat.Answer()
    question = Question(message=f"{task}\n{_FORM}"[:4_000], page=page)
    pieces = [piece async for piece in chat.answer(reads, caller, stored, question, ended)]
    if ended.source == "rules" or not ended.is_complete:
        return {"sections": rules, "text": in_text(rules), "source": "rules"}
    text = "".join(pieces)
    return {"sections": _sections(text), "text": text, "source": "model"}


def in_text(sections: list[Section]) -> str:
    """Sections as one text."""
    return "\n\n".join("\n".join([f"## {each['title']}", *each["points"]]) for each in sections)


def _sections(text: str) -> list[Section]:
    """The parts of a model's text by their headings; what comes before the first is the situation."""
    found: list[Section] = []
    for line in text.splitlines():
        if line.startswith("## "):
            found.append({"title": line[3:].strip()[:100], "points": []})
        elif bare := line.strip(" -*•"):
            if not found:
                found.append({"title": "Situation", "points": []})
            found[-1]["points"].append(bare)
    return found
