"""Writes `.env.example` from the settings: `make env-example`."""

from pydantic import AliasChoices

from py360.entrypoints.wiring import settings_classes

_HEAD = "# Copy to .env and uncomment what you change. Written from the settings by `make env-example`; a test keeps it current.\n"


def example() -> str:
    """The text of `.env.example`: every setting with its meaning and its default, commented out."""
    lines = [_HEAD]
    for field in (field for each in settings_classes() for field in each.model_fields.values()):
        alias = field.validation_alias
        name = alias.choices[0] if isinstance(alias, AliasChoices) else alias
        default = int(field.default) if isinstance(field.default, bool) else field.default
        lines.append(f"# {field.description}\n#{name}={default}\n")
    return "\n".join(lines)


if __name__ == "__main__":
    print(example(), end="")
