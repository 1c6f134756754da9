"""The console speaks Hindi as well as English: every text has its translation, with the same values in it."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

from py360.console.render import label
from py360.console.sentences import translator
from py360.modules.analytics.charts.catalogue import CHARTS
from py360.modules.analytics.metrics.catalogue import GROUPINGS, MEASURES
from py360.modules.identity.catalogue import FEATURES, PAGES, PRESET_ROLES
from py360.modules.providers.catalog import TYPES as VENDORS
from py360.modules.settings.fields import fields
from py360.modules.settings.sections import SECTIONS
from py360.modules.templates.variables import CATALOGUE as VARIABLES
from tests.console.catalogue import CONSOLE, texts

NAMES = {
    "csv",
    "exotel",
    "json",
    "kaleyra",
    "msg91",
    "nexmo",
    "pdf",
    "plivo",
    "twilio",
    "twilio-voice",
    "ubona",
    "xlsx",
}
VALUE = re.compile(r"%\((\w+)\)s")


def hindi() -> dict[str, str]:
    """English texts and their translations."""
    path: Path = CONSOLE / "locale" / "hi" / "console.po"
    with path.open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id and each.string}


def test_every_text_is_there_in_hindi() -> None:
    assert sorted(texts() - hindi().keys()) == []


def test_settings_are_named_and_explained_in_hindi() -> None:
    known, missing = hindi(), set()
    for section in SECTIONS.values():
        for field in fields(section):
            choices = [] if "timezone" in field["name"].lower() else field["choices"]
            codes = [*field["name"].split("."), *(each for each in choices if not each.isdigit() and each not in NAMES)]
            missing |= {*map(label, codes), *filter(None, [field["description"]])} - known.keys()
    assert sorted(missing) == []


def test_roles_permissions_variables_and_figures_are_named_in_hindi() -> None:
    wanted = {text for each in (*PAGES, *FEATURES) for text in (each.name, each.description, each.category)}
    wanted |= {text for each in PRESET_ROLES for text in (each.display_name, each.description)}
    wanted |= {each.description for each in VARIABLES.values()}
    wanted |= {each.title for each in (*MEASURES.values(), *GROUPINGS.values(), *CHARTS.values())}
    assert sorted(wanted - hindi().keys()) == []


def test_forms_of_vendors_are_in_hindi() -> None:
    fields, say = [each for vendor in VENDORS for each in vendor.form], translator("hi")
    assert sorted({label(each.name) for each in fields} - hindi().keys()) == []
    assert sorted({each.description for each in fields if each.description == say(each.description)} - {""}) == []


def test_translations_keep_the_values_of_their_texts() -> None:
    wrong = [
        english
        for english, translated in hindi().items()
        if sorted(VALUE.findall(english)) != sorted(VALUE.findall(translated))
    ]
    assert wrong == []
