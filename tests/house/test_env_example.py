"""`.env.example` says what the settings say."""

from pathlib import Path

from py360.entrypoints.envexample import example


def test_the_example_is_current() -> None:
    shipped = Path(__file__).parents[2] / ".env.example"
    assert shipped.read_text() == example(), "write it again: make env-example"
