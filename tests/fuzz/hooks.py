"""What schemathesis cannot know (it imports this file, `SCHEMATHESIS_HOOKS`): how to sign in, which ids there are, and which texts
have ended requests before."""

import json
import os
from typing import Any, Final

import httpx
import schemathesis
from schemathesis import Case, HookContext
from schemathesis.auths import AuthContext, AuthProvider

from tests.fuzz.texts import TEXTS

KNOWN: Final[dict[str, list[str]]] = json.loads(os.environ["PY360_FUZZ_IDS"])
BASE: Final = os.environ["PY360_FUZZ_BASE"]
LOGIN: Final = {"email": os.environ["PY360_FUZZ_EMAIL"], "password": os.environ["PY360_FUZZ_PASSWORD"]}

if LOGIN["email"]:

    @schemathesis.auth(refresh_interval=300, retry_on=[401])
    class SignIn(AuthProvider[str]):
        """Signs in, and again when what was tried has ended the session."""

        def get(self, case: Case, context: AuthContext) -> str:
            answer = httpx.post(f"{BASE}/api/auth/login", json=LOGIN, timeout=60)
            return str(answer.raise_for_status().json()["data"]["token"])

        def set(self, case: Case, data: str, context: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_path_parameters(context: HookContext, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Three of four requests are about something that exists; what is missing is refused before anything else is looked at."""
    return path_parameters and {
        name: known[mark % len(known)] if (mark := hash(str(value))) % 4 and (known := KNOWN.get(name)) else value
        for name, value in path_parameters.items()
    }


@schemathesis.hook
def map_query(context: HookContext, query: Any) -> Any:
    """One text of eight is an odd one."""
    return _odder(query)


@schemathesis.hook
def map_body(context: HookContext, body: Any) -> Any:
    """One text of eight is an odd one, at any depth."""
    return _odder(body)


def _odder(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _odder(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_odder(each) for each in value]
    if isinstance(value, str) and (mark := hash(value)) % 8 == 0:
        return TEXTS[mark // 8 % len(TEXTS)]
    return value
