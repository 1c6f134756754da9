"""The command line: `py360 --help`."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from py360.kit.settings import Settings, settings

T = TypeVar("T")

cli = typer.Typer(
    name="py360",
    help="Policy file in, renewed and paid policy out.\n\nStart with [bold]py360 up[/]; then [bold]py360 demo[/] shows the whole way of a policy.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
user_cli = typer.Typer(help="Who may sign in.", no_args_is_help=True)
cli.add_typer(user_cli, name="user")
key_cli = typer.Typer(help="The key that signs links and seals secrets.", no_args_is_help=True)
cli.add_typer(key_cli, name="key")
model_cli = typer.Typer(help="The model that predicts which renewals are at risk.", no_args_is_help=True)
cli.add_typer(model_cli, name="model")

Modules = Annotated[str, typer.Option(help="Only these modules, comma separated. Default: all.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def _chosen(modules: str) -> list[str]:
    return [module.strip() for module in modules.split(",") if module.strip()]


def _modules(names: str) -> list[str]:
    """The named modules; an unknown one is a mistake on the command line."""
    if not _chosen(names):
        return []
    from py360.entrypoints.wiring import check_modules

    try:
        check_modules(_chosen(names))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return _chosen(names)


def _refusing(action: Callable[[], T]) -> T:
    """Run; a reason not to is one line on stderr and exit status 1."""
    from py360.entrypoints.home import Refusal

    try:
        return action()
    except (Refusal, ValueError) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from error


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"py360 {version('py360')}")
        raise typer.Exit


@cli.callback()
def _main(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@cli.command()
def up() -> None:
    """Start everything on this machine: database, cache, API, worker, sandbox. Ctrl-C stops it; the data stays.

    The first start makes an administrator, prints the login once and runs the demo (PY360_DEMO=0 starts empty).
    """
    began = time.monotonic()
    from py360.entrypoints.up import up as run

    _refusing(lambda: run(settings(), began))


@cli.command()
def api(modules: Modules = "") -> None:
    """Serve the API, or only some modules of it (behind the gateway). Needs DATABASE_URL and REDIS_URL, or a running `up`."""
    from py360.entrypoints.home import loading
    from py360.entrypoints.logs import configure, started
    from py360.entrypoints.readiness import require_ready

    chosen = _modules(modules)
    config = _refusing(lambda: require_ready(settings()))
    configure(config)
    with loading():
        from py360.entrypoints.api import build_app
        from py360.entrypoints.http_server import serve

        app = build_app(config, chosen)
    started("api", config, chosen, address=f"{config.host}:{config.port}")
    serve(app, config)


@cli.command()
def worker(
    modules: Modules = "",
    alone: Annotated[
        bool, typer.Option(help="No other worker lives: jobs of a killed one start again at once.")
    ] = False,
) -> None:
    """Run jobs: imports, sending, webhooks, everything periodic. Several workers share the work."""
    from py360.entrypoints.home import loading
    from py360.entrypoints.logs import configure, started
    from py360.entrypoints.readiness import require_ready

    chosen = _modules(modules)
    config = _refusing(lambda: require_ready(settings()))
    configure(config)
    with loading():
        from py360.entrypoints.worker import run
    started("worker", config, chosen)
    run(config, chosen, alone)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema, and make the first client and administrator. Safe to repeat.

    Needs DATABASE_URL and PY360_SECRET_KEY, or a running `up`.
    """
    from py360.entrypoints.home import loading, running
    from py360.entrypoints.up import console, login_line

    config = _refusing(lambda: running(settings(), cache=False))
    with loading():
        from py360.entrypoints.bootstrap import prepare

    first = _refusing(lambda: asyncio.run(prepare(config)))
    typer.echo("The database has the newest schema.")
    if first.password is not None:
        console.print(f"Login: {login_line(config, first)}")


@cli.command()
def backup(target: Annotated[Path, typer.Argument(help="The archive to write, such as py360-2026-11-26.tar.")]) -> None:
    """Write the database, the stored files and the key of the running installation into one archive."""
    from py360.entrypoints.backup import backup as run

    size = _refusing(lambda: run(settings(), target))
    typer.echo(f"{target} is written ({size / 1e6:.1f} MB). It holds the key: keep it where only you can read it.")


@cli.command()
def restore(
    source: Annotated[Path, typer.Argument(help="An archive of `py360 backup`.")],
    replace: Annotated[bool, typer.Option(help="Replace what the installation holds.")] = False,
) -> None:
    """Put a backup back. The installation must be stopped, and empty unless --replace is given."""
    from py360.entrypoints.backup import restore as run

    _refusing(lambda: run(settings(), source, replace=replace))
    typer.echo("The backup is restored. Start with: py360 up")


@cli.command()
def demo(
    file: Annotated[
        Path | None, typer.Option(help="A policy file. Default: a sample that ships with the product.")
    ] = None,
    rows: Annotated[int | None, typer.Option(help="Take only so many rows of the sample.", min=10, max=100_000)] = None,
    as_json: Json = False,
) -> None:
    """Renew a portfolio from file to payment, through the public API only, and print the funnel.

    Exit status 1 when any count does not add up. Refuses to run when a real vendor account is active.
    """
    from py360.entrypoints.demo import run

    raise typer.Exit(_refusing(lambda: run(settings(), file, rows, as_json)))


@cli.command()
def sandbox() -> None:
    """Run the sandbox that stands in for the vendors: WhatsApp, SMS, mail relay, payment gateway, and the customers behind them."""
    from py360.entrypoints.logs import configure
    from py360.sandbox.main import run

    config = _refusing(settings)
    configure(config)
    run(config)


@cli.command("gateway-config")
def gateway_config(
    upstream: Annotated[
        list[str] | None,
        typer.Option(help="module=host:port of a separate service; repeat. Other paths go to the default."),
    ] = None,
    default: Annotated[str, typer.Option(help="host:port of everything else.")] = "",
    listen: Annotated[str, typer.Option(help="Where NGINX listens: port or address:port.")] = "80",
) -> None:
    """Print the NGINX configuration that routes every path to the service that has it.

    A file for NGINX's conf.d: `py360 gateway-config --upstream campaigns=10.0.0.7:8360 > /etc/nginx/conf.d/py360.conf`.
    """
    from py360.entrypoints.gateway import configuration

    config = _refusing(settings)
    typer.echo(
        _refusing(lambda: configuration(default or config.local_url.removeprefix("http://"), upstream or [], listen))
    )


@cli.command()
def dsn() -> None:
    """Print the database's address, for psql and backups."""
    from py360.entrypoints.home import running

    typer.echo(_refusing(lambda: running(settings(), cache=False)).database_url)


@cli.command()
def webhooks(
    again: Annotated[bool, typer.Option(help="The cause is fixed: apply them again, within a minute.")] = False,
    as_json: Json = False,
) -> None:
    """Show how many vendors' events could not be applied in the last 30 days, and why the newest could not."""
    from py360.entrypoints import dead_letters

    if again:
        typer.echo(f"To be applied again within a minute: {_run(dead_letters.apply_again)}.")
        return
    found = _run(dead_letters.summary)
    typer.echo(json.dumps(found, default=str) if as_json else dead_letters.in_words(found))


@cli.command()
def bench(
    only: Annotated[
        str,
        typer.Option(
            help="Only these parts, comma separated: the files of bench/, as cases,uploads,mail. A wrong one lists them all."
        ),
    ] = "",
    small: Annotated[bool, typer.Option(help="A tenth of the rows, for a quick look.")] = False,
    as_json: Json = False,
) -> None:
    """Measure this machine: every figure beside its floor, taken in the same run. Takes some minutes."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        from bench import main as run
    except ImportError as error:
        typer.secho("The benchmarks are in the source checkout; run this there.", err=True, fg="red")
        raise typer.Exit(1) from error
    run.main(_chosen(only), small, as_json)


@user_cli.command("create")
def user_create(
    email: str,
    name: Annotated[str, typer.Option(help="Full name.")],
    role: Annotated[str, typer.Option(help="admin, manager, agent, viewer, …")] = "viewer",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Create a user who can sign in at once."""
    from py360.entrypoints import users

    typer.echo(f"User {_run(lambda: users.create(email, name, role, password))} created.")


@user_cli.command("list")
def user_list(as_json: Json = False) -> None:
    """List the users."""
    from py360.entrypoints import users

    accounts = _run(users.list_users)
    if as_json:
        typer.echo(json.dumps([account.to_json() for account in accounts]))
        return
    for each in accounts:
        typer.echo(f"{each.id:>5}  {each.email:<40} {each.role or '-':<20} {each.status}")


@user_cli.command("reset-password")
def user_reset_password(
    email: str, password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = ""
) -> None:
    """Set a user's password and end their sessions."""
    from py360.entrypoints import users

    _run(lambda: users.reset_password(email, password))
    typer.echo("The password is changed; open sessions were ended.")


@key_cli.command("rotate")
def key_rotate() -> None:
    """Make a new key. Links that were sent stay valid; everybody signs in again."""
    from py360.entrypoints.keys import rotate

    _refusing(lambda: rotate(settings()))
    typer.echo("The new key is written. Restart Py360 now: the start seals the stored secrets with it.")


@model_cli.command("train")
def model_train(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A CSV of outcomes with a column “lapsed”. Default: the installation's own history.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    client: Annotated[str, typer.Option(help="The client's code. Default: the only one.")] = "",
) -> None:
    """Train a model, print its card, use it, and score the open cases."""
    from py360.entrypoints import models

    typer.echo(_run(lambda: models.train(file, client)))


@cli.command("rebuild-figures")
def rebuild_figures() -> None:
    """Count the dashboard's figures again from the cases; reports continue meanwhile."""
    from py360.modules.analytics.api import rebuild

    typer.echo(f"The figures of {_run(rebuild):,} cases were counted again.")


def _run(action: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine on the running installation; problems are one line."""
    from py360.entrypoints.readiness import require_ready
    from py360.kit.errors import Problem
    from py360.kit.resources import Resources

    async def within(config: Settings) -> T:
        opened = await Resources.open(config, pool_size=2)
        try:
            return await action()
        finally:
            await opened.close()

    config = _refusing(lambda: require_ready(settings()))
    try:
        return asyncio.run(within(config))
    except Problem as problem:
        typer.secho(problem.message, err=True, fg="red")
        raise typer.Exit(1) from problem


def main() -> None:
    """Entry point of the `py360` command."""
    cli()


if __name__ == "__main__":
    main()
