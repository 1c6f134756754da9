"""What the API answers of settings."""

from typing import Literal

from typing_extensions import TypedDict

SettingKind = Literal["boolean", "number", "choice", "list", "time", "text", "long", "secret"]


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


class SettingField(TypedDict):
    """A setting as a form takes it. `name` as in the settings of the tab, with a point inside a group."""

    name: str
    kind: SettingKind
    description: str
    choices: list[str]
    minimum: float | None
    maximum: float | None
    isOptional: bool


class SectionFields(TypedDict):
    """The settings of a tab in the order of its form."""

    section: str
    fields: list[SettingField]
