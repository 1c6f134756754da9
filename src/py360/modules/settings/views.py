"""What the API answers of settings."""

from typing_extensions import TypedDict


class LanguageView(TypedDict):
    """A language of the interface."""

    code: str
    name: str
    nativeName: str
    direction: str


class LanguageList(TypedDict):
    """The languages of the interface."""

    languages: list[LanguageView]


class SectionView(TypedDict):
    """A tab's settings in force; each tab has its own names."""

    section: str
    settings: dict[str, object]


class SectionSaved(SectionView):
    """A tab's settings as they were saved; `ignored` names what is no setting of this tab."""

    ignored: list[str]
    message: str


class SectionReset(SectionView):
    """A tab's settings, at their defaults."""

    message: str
