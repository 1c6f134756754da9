"""Worker processes on the test's database, which tests kill. They are forked from a server that has loaded the product once."""

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from typing import Final

from py360.entrypoints import wiring
from py360.entrypoints.worker import run
from py360.kit.settings import settings

_forks: Final = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__])
wiring.import_models()
wiring.import_jobs()


def start(**environment: str) -> BaseProcess:
    """Start a worker, as `py360 worker --alone` does after its checks, with the settings of this moment."""
    process = _forks.Process(target=_work, args=({**os.environ, **environment},))
    process.start()
    return process


def _work(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    settings.cache_clear()
    run(settings(), [], alone=True)
