"""The command line: `py360 --help`."""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from py360.kit.settings import settings

cli = typer.Typer(
    name="py360",
    help="Policy file in, renewed and paid policy out.\n\nStart with [bold]py360 up[/]; then [bold]py360 demo[/] shows the whole way of a policy.",
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
user_cli = typer.Typer(help="People who may sign in.", no_args_is_help=True)
cli.add_typer(user_cli, name="user")

Modules = Annotated[str, typer.Option(help="Only these modules, comma separated. Default: all.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def _chosen(modules: str) -> list[str]:
    return [module.strip() for module in modules.split(",") if module.strip()]


def _modules(names: str) -> list[str]:
    """The named modules; an unknown one is a mistake on the command line."""
    from py360.entrypoints.wiring import check_modules

    try:
        check_modules(_chosen(names))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return _chosen(names)


def _refusing(action: Callable[[], Any]) -> Any:
    """Run; a reason not to is one line on stderr and exit status 1."""
    from py360.entrypoints.home import Refusal

    try:
        return action()
    except (Refusal, ValueError) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from error


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
    import uvicorn

    from py360.entrypoints.api import build_app
    from py360.entrypoints.home import up_to_date
    from py360.entrypoints.logs import configure

    chosen = _modules(modules)
    config = _refusing(lambda: up_to_date(settings()))
    configure(config)
    app = build_app(config, chosen)
    gc.collect()
    gc.freeze()  # what was loaded stays loaded: the collector need not look through it again and again
    uvicorn.run(
        app,
        host=config.host.strip("[]"),
        port=config.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,  # a WebSocket or a slow download does not hold up the stop
    )


@cli.command()
def worker(
    modules: Modules = "",
    alone: Annotated[
        bool, typer.Option(help="No other worker lives: jobs of a killed one start again at once.")
    ] = False,
) -> None:
    """Run jobs: imports, sending, webhooks, everything periodic. Several workers share the work."""
    from py360.entrypoints.home import up_to_date
    from py360.entrypoints.logs import configure
    from py360.entrypoints.worker import run

    chosen = _modules(modules)
    config = _refusing(lambda: up_to_date(settings()))
    configure(config)
    run(config, chosen, alone)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat."""
    from py360.entrypoints.home import running
    from py360.kit.migrate import migrate as run

    _refusing(lambda: run(running(settings()).database_url))
    typer.echo("The database has the newest schema.")


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
    """Run the vendors' stand-ins: WhatsApp, SMS, mail relay and payment gateway, and the customers behind them."""
    from py360.entrypoints.logs import configure
    from py360.sandbox.main import run

    config = _refusing(settings)
    configure(config)
    run(config)


@cli.command("gateway-config")
def gateway_config(
    upstream: Annotated[
        list[str] | None,
        typer.Option(help="module=host:port of a service of its own; repeat. Others go to the default."),
    ] = None,
    default: Annotated[str, typer.Option(help="host:port of everything else.")] = "",
    listen: Annotated[str, typer.Option(help="Where NGINX listens: port or address:port.")] = "80",
) -> None:
    """Write the NGINX configuration that routes every path to the service that has it.

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

    typer.echo(_refusing(lambda: running(settings())).database_url)


@cli.command()
def webhooks(
    again: Annotated[bool, typer.Option(help="The cause is mended: have them applied again, within a minute.")] = False,
    as_json: Json = False,
) -> None:
    """Tell how many vendors' events could not be applied in the last 30 days, and why the newest could not."""
    from py360.entrypoints import aside

    if again:
        typer.echo(f"To be applied again within a minute: {_run(aside.again)}.")
        return
    found = _run(aside.told)
    typer.echo(json.dumps(found, default=str) if as_json else aside.in_words(found))


@cli.command()
def bench(
    only: Annotated[
        str,
        typer.Option(
            help="Only these parts, comma separated: uploads, importing, cases, mail, campaigns, halting, starting."
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
    """Make an account that can sign in at once."""
    from py360.entrypoints import people

    typer.echo(f"User {_run(lambda: people.create(email, name, role, password))} created.")


@user_cli.command("list")
def user_list(as_json: Json = False) -> None:
    """Who may sign in."""
    from py360.entrypoints import people

    rows = _run(people.everybody)
    if as_json:
        typer.echo(json.dumps(rows, default=str))
        return
    for row in rows:
        typer.echo(f"{row['id']:>5}  {row['email']:<40} {row['role']:<20} {row['status']}")


@user_cli.command("reset-password")
def user_reset_password(
    email: str, password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = ""
) -> None:
    """Give somebody a new password and end their sessions."""
    from py360.entrypoints import people

    _run(lambda: people.reset_password(email, password))
    typer.echo("The password is changed; open sessions were ended.")


def _run(action: Callable[[], Any]) -> Any:
    """Run a coroutine on the running installation; problems are one line."""
    from py360.entrypoints.home import running
    from py360.kit.errors import Problem
    from py360.kit.resources import Resources

    async def within(config: Any) -> Any:
        opened = await Resources.open(config, pool_size=2)
        try:
            return await action()
        finally:
            await opened.close()

    config = _refusing(lambda: running(settings()))
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
