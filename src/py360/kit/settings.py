"""Every setting of an installation, read once from the environment and `.env`.

The specification's own names are kept (`DATABASE_URL`, `REDIS_URL`, `TWILIO_...`); ours carry the prefix `PY360_`.
"""

import hashlib
import hmac
import ipaddress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_FILE = "secret.key"
SHORTEST_SECRET = 32
Port = Annotated[int, Field(ge=1, le=65_535)]


def _networks(text: str) -> str:
    """Comma-separated addresses and networks, in one spelling; ValueError for anything else."""
    return ",".join(str(ipaddress.ip_network(part.strip())) for part in text.split(",") if part.strip())


Networks = Annotated[str, AfterValidator(_networks)]


class Settings(BaseSettings):
    """What an operator can set; `.env.example` is generated from these fields and their descriptions."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    home: Path = Field(
        Path(".py360"),
        validation_alias="PY360_HOME",
        description="Folder of the data, secrets and logs of this installation.",
    )
    host: str = Field("127.0.0.1", validation_alias="PY360_HOST", description="Address the API listens on.")
    port: Port = Field(
        8360,
        validation_alias=AliasChoices("PY360_PORT", "PORT"),
        description="Port of the API. PY360_PORT wins over PORT.",
    )
    public_base: str = Field(
        "",
        validation_alias="PY360_PUBLIC_URL",
        description="Address customers reach us at, in links. Empty: where the API answers on this machine.",
    )
    frontend_origins: str = Field(
        "http://localhost:3000",
        validation_alias="PY360_FRONTEND_ORIGINS",
        description="Origins of the web frontend that may call the API, comma separated.",
    )
    database_url: str = Field(
        "", validation_alias="DATABASE_URL", description="PostgreSQL >= 16. Empty: our own server under PY360_HOME."
    )
    read_database_url: str = Field(
        "", validation_alias="READ_DATABASE_URL", description="A replica for lists and reports. Empty: DATABASE_URL."
    )
    redis_url: str = Field(
        "", validation_alias="REDIS_URL", description="Valkey or Redis. Empty: our own under PY360_HOME."
    )
    admin_email: str = Field(
        "admin@py360.local", validation_alias="PY360_ADMIN_EMAIL", description="Login of the first administrator."
    )
    admin_password: str = Field(
        "",
        validation_alias="PY360_ADMIN_PASSWORD",
        description="Password of the first administrator. Empty: a random one, shown once.",
    )
    demo: bool = Field(
        True, validation_alias="PY360_DEMO", description="Run the demo on the very first start. 0 starts empty."
    )
    secret: str = Field(
        "",
        validation_alias="PY360_SECRET_KEY",
        description="Key that signs links and tokens and seals secrets, 32 characters or more. Empty: PY360_HOME/secret.key, "
        "which the first `py360 up` makes.",
    )
    previous_secrets: str = Field(
        "",
        validation_alias="PY360_PREVIOUS_SECRET_KEYS",
        description="Keys used before, comma separated: what they signed and sealed is still accepted.",
    )
    storage_url: str = Field(
        "",
        validation_alias="PY360_STORAGE_URL",
        description="Where files are kept: s3://bucket/prefix or az://container/prefix. Empty: a folder in PY360_HOME.",
    )
    sandbox_port: Port = Field(
        8361, validation_alias="PY360_SANDBOX_PORT", description="HTTP port of the vendors' sandbox."
    )
    sandbox_smtp_port: Port = Field(
        8362, validation_alias="PY360_SANDBOX_SMTP_PORT", description="SMTP port of the vendors' sandbox."
    )
    vendor_networks: Networks = Field(
        "",
        validation_alias="PY360_VENDOR_NETWORKS",
        description="Private networks in which hosts of vendor accounts may be, such as 10.0.0.0/8. Empty: none.",
    )
    requests_per_minute: int = Field(
        6_000,
        ge=1,
        validation_alias="PY360_REQUESTS_PER_MINUTE",
        description="Requests to the API that a user may make in a minute.",
    )
    trusted_proxies: Networks = Field(
        "",
        validation_alias="PY360_TRUSTED_PROXIES",
        description="Addresses or networks of the gateways in front of the API, comma separated, such as 127.0.0.1 or"
        " 10.0.0.0/24. Only their X-Forwarded-For is believed. Empty: none.",
    )
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def public_url(self) -> str:
        """Base of every link in a message, without a trailing slash."""
        return (self.public_base or self.local_url).rstrip("/")

    @property
    def local_url(self) -> str:
        """Where the API answers on this machine, whatever it listens on; without a trailing slash."""
        bare = self.host.strip("[]")
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(bare, bare)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: str) -> str:
        if secret and len(secret) < SHORTEST_SECRET:
            raise ValueError(f"a key has at least {SHORTEST_SECRET} characters. Make one with: openssl rand -base64 48")
        return secret

    @cached_property
    def vendor_network_list(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks of `PY360_VENDOR_NETWORKS`."""
        return tuple(ipaddress.ip_network(part) for part in self.vendor_networks.split(",") if part)

    @cached_property
    def secret_keys(self) -> tuple[str, ...]:
        """The installation's key, and after it the keys used before, from the environment or PY360_HOME/secret.key.

        Raises ValueError when there is none, or only an empty file: a new key could not read what the old one sealed.
        """
        if self.secret:
            return (self.secret, *(key.strip() for key in self.previous_secrets.split(",") if key.strip()))
        path = self.home / SECRET_FILE
        if not path.exists():
            raise ValueError(
                f"There is no key: {path} does not exist. Set PY360_SECRET_KEY to the key that the other processes of this"
                " installation have."
            )
        keys = tuple(path.read_text().split())
        if not keys or len(keys[0]) < SHORTEST_SECRET:
            raise ValueError(f"{path} holds no whole key. Put the file back from your backup.")
        return keys

    @property
    def secret_key(self) -> str:
        """The key that signs and seals now."""
        return self.secret_keys[0]

    @cached_property
    def sandbox_secret(self) -> str:
        """The one secret of every sandbox vendor account of this installation."""
        return hmac.new(self.secret_key.encode(), b"sandbox", hashlib.sha256).hexdigest()

    @property
    def sandbox_url(self) -> str:
        """Base address of the sandbox vendors."""
        return f"http://127.0.0.1:{self.sandbox_port}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Raises ValueError in one line when one of them cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors()[0]
        name = wrong["loc"][0]
        given = "" if "SECRET" in str(name) or "PASSWORD" in str(name) else f"={wrong['input']}"
        reason = wrong["msg"].removeprefix("Value error, ").rstrip(".")
        raise ValueError(f"{name}{given} cannot be used: {reason[0].lower()}{reason[1:]}.") from error
