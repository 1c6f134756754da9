"""The installation's secret key: making the first one, and putting a new one before it."""

import secrets

from py360.entrypoints.home import Refusal
from py360.kit import durable
from py360.kit.settings import SECRET_FILE, Settings


def ensure_key(config: Settings) -> None:
    """Make the key of a new installation, once. A file that is there is never replaced. Raises OSError."""
    path = config.home / SECRET_FILE
    if not config.secret and not path.exists():
        durable.write(path, secrets.token_urlsafe(48) + "\n")


def rotate(config: Settings) -> None:
    """Put a new key before the old one, which stays: links in messages that were sent are signed with it. The next start seals
    the stored secrets again. Raises Refusal when the key is not in a file, and ValueError when there is none yet."""
    if config.secret:
        raise Refusal(
            "The key is set in PY360_SECRET_KEY. Stop every process, set it to a new key (openssl rand -base64 48), set"
            " PY360_PREVIOUS_SECRET_KEYS to the old one, run py360 migrate, and start again."
        )
    durable.write(config.home / SECRET_FILE, "\n".join((secrets.token_urlsafe(48), *config.secret_keys)) + "\n")
