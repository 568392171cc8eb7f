"""The commands of `sojourn`. Nothing heavy is imported before a command needs it."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.cli.start import main

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["app", "console", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cache
def console(stderr: bool = False) -> "Console":
    """The terminal that the commands write to."""
    from rich.console import Console

    return Console(stderr=stderr, soft_wrap=True, highlight=False)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"sojourn {version('sojourn')}")
        raise typer.Exit


@app.callback()
def _sojourn(
    version: Annotated[
        bool, typer.Option("--version", help="Say the version and exit.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """Rebuild real customer journeys from GA4 exports."""


@app.command()
def init(
    exports: Annotated[str | None, typer.Argument(help="Directory, file, glob or s3://, gs://, az:// address.")] = None,
    settings: Annotated[Path, typer.Option(help="Settings file to write.")] = Path("sojourn.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write it anew where there is one.")] = False,
) -> None:
    """Look at exports and write their settings file."""
    from pipelines.cli.init import write_first_settings

    write_first_settings(exports, settings, force, console())


@app.command()
def run(
    exports: Annotated[str | None, typer.Argument(help="Directory, file, glob or s3://, gs://, az:// address.")] = None,
    settings: Annotated[Path | None, typer.Option(help="Settings file; sojourn.toml where there is one.")] = None,
    lifecycle: Annotated[str | None, typer.Option(help="Name of a lifecycle, or a YAML file.")] = None,
    database: Annotated[Path | None, typer.Option(help="The file that analysts open.")] = None,
    reports: Annotated[Path | None, typer.Option(help="Directory of the pages.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Time zone of the property, such as Europe/Copenhagen.")] = None,
    journey_window: Annotated[str | None, typer.Option(help="Silence that ends a journey, such as 30d.")] = None,
    session_gap: Annotated[str | None, typer.Option(help="Silence that ends a session, such as 30m.")] = None,
    identity: Annotated[str | None, typer.Option(help="Who is one person: stitched or device.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the page and of titles: en, da, nb or sv.")] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Leave bad files out instead of stopping.")] = False,
    moved: Annotated[
        bool, typer.Option("--moved", help="The exports are those of the database, at a new address.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Begin the database anew with these exports, without what is loaded.")
    ] = False,
    accept_shrunken: Annotated[
        bool, typer.Option("--accept-shrunken", help="Load days that come again with less than half of their rows.")
    ] = False,
    accept: Annotated[
        list[datetime],
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Publish an odd day that health checks hold back."),
    ] = [],  # noqa: B006 - typer copies it
    engine: Annotated[str | None, typer.Option(help="What the work on rows is done by: local or spark.")] = None,
    master: Annotated[str | None, typer.Option(help="The Spark master, such as spark://host:7077.")] = None,
) -> None:
    """Turn exports into journeys, tables and the page."""
    from models.settings import read_settings
    from pipelines.cli.nothing_new import ends_here
    from pipelines.looking import what_it_goes_by

    chosen = read_settings(
        settings,
        exports=exports,
        lifecycle=lifecycle,
        database=database,
        reports=reports,
        timezone=timezone,
        journey_window=journey_window,
        session_gap=session_gap,
        identity=identity,
        language=language,
        keep_going=keep_going or None,
        shrunken_days="load" if accept_shrunken else None,
        engine=engine,
        spark_master=master,
    )
    goes_by = what_it_goes_by(chosen)
    if moved or replace or accept or not ends_here(chosen, goes_by, console()):
        from pipelines.assets.exports import Scope
        from pipelines.cli.night import run_night

        accepted = [f"{day:%Y-%m-%d}" for day in accept]
        scope = Scope(is_whole=True, is_moved=moved, is_new=replace, accepted=accepted)
        run_night(chosen, goes_by, console(), scope)


@app.command()
def report(
    language: Annotated[Literal["en", "da", "nb", "sv"] | None, typer.Option(help="That of the night else.")] = None,
    segment: Annotated[str | None, typer.Option(help="Only of these, such as device_category=mobile.")] = None,
    rhythm: Annotated[Literal["daily", "weekly", "monthly"], typer.Option(help="Periods compared.")] = "weekly",
    settings: Annotated[Path | None, typer.Option(help="Settings file; sojourn.toml where there is one.")] = None,
    database: Annotated[Path | None, typer.Option(help="The file that analysts open.")] = None,
    reports: Annotated[Path | None, typer.Option(help="Directory that it is written to.")] = None,
) -> None:
    """Write the report as page, PDF, pictures and CSV.

    All of it is made from the published file: a picture of each figure, and each table.
    """
    from models.settings import read_settings
    from pipelines.cli.reporting import write_report_files

    chosen = read_settings(settings, database=database, reports=reports)
    write_report_files(chosen, language, segment, rhythm, console())


@app.command()
def send(
    audience: Annotated[str | None, typer.Option(help="Name of the audience; all of them, unless told.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent, and to whom.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send also what was sent, or may have been.")] = False,
    settings: Annotated[Path | None, typer.Option(help="Settings file; sojourn.toml where there is one.")] = None,
    lifecycle: Annotated[str | None, typer.Option(help="Name of a lifecycle, or a YAML file.")] = None,
    database: Annotated[Path | None, typer.Option(help="The file that analysts open.")] = None,
) -> None:
    """Send the report to the audiences that are due.

    These are those whose period is over and who have it not.
    """
    from models.settings import read_settings
    from pipelines.cli.sending import send_report, show_plan

    chosen = read_settings(settings, lifecycle=lifecycle, database=database)
    if dry_run:
        show_plan(chosen, audience, again, console())
    else:
        send_report(chosen, audience, again, console())


@app.command()
def rollback(
    to: Annotated[str | None, typer.Option(help="Name of the version; the one before, unless told.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Only list the versions there are.")] = False,
    settings: Annotated[Path | None, typer.Option(help="Settings file; sojourn.toml where there is one.")] = None,
    database: Annotated[Path | None, typer.Option(help="The file that analysts open.")] = None,
    reports: Annotated[Path | None, typer.Option(help="Directory of the pages.")] = None,
) -> None:
    """Publish the version before again, and its page."""
    from models.settings import read_settings
    from pipelines.cli.rollback import roll_back, version_table

    chosen = read_settings(settings, database=database, reports=reports)
    if list_:
        console().print(version_table(chosen))
    else:
        roll_back(chosen, to, console())


@app.command()
def status(
    settings: Annotated[Path | None, typer.Option(help="Settings file; sojourn.toml where there is one.")] = None,
    database: Annotated[Path | None, typer.Option(help="The file that analysts open.")] = None,
) -> None:
    """Say what is loaded, missing and published.

    Also which days may still change, how the last night ended, and whom the report reached.
    """
    from models.settings import read_settings
    from pipelines.cli.status import show_status

    show_status(read_settings(settings, database=database), console())


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Directory to write the export to.")],
    days: Annotated[int, typer.Option(min=1, help="Days of the export.")] = 90,
    users: Annotated[int, typer.Option(min=1, help="People in it.")] = 5000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    format: Annotated[Literal["parquet", "json"], typer.Option(help="How it is written.")] = "parquet",  # noqa: A002
) -> None:
    """Make a sample export, and print its truth.

    It comes from a known journey process, against which a pipeline can be held.
    """
    from pipelines.cli.sampling import make_sample

    make_sample(out, days, users, seed, format, console())


@app.command()
def lifecycles(
    language: Annotated[str | None, typer.Option(help="Language of the titles: en, da, nb or sv.")] = None,
    settings: Annotated[Path | None, typer.Option(help="Settings file; sojourn.toml where there is one.")] = None,
) -> None:
    """List the lifecycles that ship, with phases."""
    from models.settings import read_settings
    from pipelines.cli.lifecycles import lifecycle_table

    console().print(lifecycle_table(read_settings(settings, language=language).language))


@app.command()
def docs(
    out: Annotated[Path, typer.Option(help="The page to write, in Markdown.")] = Path("docs/tables.md"),
) -> None:
    """Write the data dictionary.

    It has every table, column and macro of the published file.
    """
    from pipelines.cli.dictionary import write_dictionary

    write_dictionary(out)
    console().print(f"{out} has every table, column and macro", markup=False)


@app.command()
def suggest_touchpoints(
    settings: Annotated[Path | None, typer.Option(help="Settings file; sojourn.toml where there is one.")] = None,
    lifecycle: Annotated[str | None, typer.Option(help="Name of a lifecycle, or a YAML file.")] = None,
    database: Annotated[Path | None, typer.Option(help="The file that analysts open.")] = None,
) -> None:
    """Print a first lifecycle file for one's own site.

    It is drawn from what no rule recognises in the published file.
    """
    from models.settings import read_settings
    from pipelines.cli.suggesting import suggested_lifecycle

    typer.echo(suggested_lifecycle(read_settings(settings, lifecycle=lifecycle, database=database)), nl=False)


@app.command()
def check_lifecycle(file: Annotated[str, typer.Argument(help="A lifecycle file.")]) -> None:
    """Say what is wrong with a lifecycle file."""
    from models.lifecycle import LifecycleError, check_lifecycle

    problems = check_lifecycle(file)
    if problems:
        raise LifecycleError(problems)
    console().print(f"{file} is a lifecycle that Sojourn can use", markup=False)
