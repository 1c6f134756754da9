"""Every setting is obeyed, or docs/settings.md says with which module it will be."""

import re

from py360.entrypoints.wiring import MODULES
from py360.modules.settings.sections import LATER, SECTIONS, Lawful
from tests.house.source import CHECKOUT, SOURCE, files

PAGE = (CHECKOUT / "docs" / "settings.md").read_text()
NAME = re.compile(r"`(\w+)`")
FILE = re.compile(r"`([\w/]+\.py)`")
READ = re.compile(r"\bsettings\.get\(")


def told() -> dict[tuple[str, str], str]:
    """What applies each setting, by section and its name on the wire, as the page has it."""
    found: dict[tuple[str, str], str] = {}
    for section, *lines in (part.splitlines() for part in PAGE.split("\n## ")[1:]):
        for line in lines:
            if line.startswith("| `"):
                names, who = line.strip("| ").split(" | ")
                found |= {(section, name): who for name in NAME.findall(names)}
    return found


def known() -> dict[tuple[str, str], tuple[str, bool]]:
    """Every setting there is: its name in the source, and whether it cannot be switched off."""
    lawful = Lawful.__metadata__  # an Annotated type has it
    return {
        (section, field.alias or name): (name, set(lawful) <= set(field.metadata))
        for section, kind in SECTIONS.items()
        for name, field in kind.model_fields.items()
    }


def test_the_page_has_every_setting_and_no_other() -> None:
    assert told().keys() == known().keys()


def test_who_is_said_to_read_it_reads_it() -> None:
    for key, (name, lawful) in known().items():
        who = told()[key]
        readers = FILE.findall(who)
        for path in readers:
            source = (SOURCE / "modules" / path).read_text()
            assert READ.search(source), path
            assert re.search(rf"\.{name}\b", source), (key, path)
        assert who.startswith("always on") == lawful, key
        assert readers or lawful or who.startswith(("the screens", "with ")), key


def test_what_waits_for_a_module_waits_no_longer_than_that() -> None:
    for key, who in told().items():
        if who.startswith("with "):
            module = re.split(r"[;:]", who.removeprefix("with "))[0]
            assert module not in MODULES, (key, f"{module} is here: let it obey, and say so")


def test_form_says_what_waits_for_a_module() -> None:
    later = str(LATER.description)
    for (section, name), who in told().items():
        kind = SECTIONS[section].model_fields
        field = next(each for own, each in kind.items() if (each.alias or own) == name)
        if name != "businessHours":  # a group, not a field of the form
            assert str(field.description).endswith(later) == who.startswith("with "), (section, name)


def test_whoever_reads_settings_is_on_the_page() -> None:
    readers = {
        path.removeprefix("modules/")
        for path, _, lines in files("modules")
        if READ.search("\n".join(lines)) and not path.startswith("modules/settings/")
    }
    assert readers == {path for who in told().values() for path in FILE.findall(who)}
