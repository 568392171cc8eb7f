"""Every choice that Sojourn offers, with its default: a flag beats SOJOURN_... beats sojourn.toml."""

import os
import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariable

from models.currencies import Currency, Rates
from models.errors import UserError, did_you_mean
from models.expressions import EXPORT_ROW, JOURNEY_ROW, Allowed, Expression, ExpressionError, read_expression, shown
from models.hidden import LOGIN, SECRETS, check_no_login, stripped
from models.recipients import Alerts, Audience, AudienceName, Mail
from models.settings_file import read_file
from models.words import Language

PREFIX = "SOJOURN_"
SMTP_PASSWORD = f"{PREFIX}SMTP_PASSWORD"
"""The variable that holds the password of the mail server: a secret has no place in a file of settings."""
NO_TIMEZONE = "no time zone; write one such as Europe/Copenhagen or UTC"
SETTINGS_FILE = f"{PREFIX}SETTINGS"
"""The variable that names the settings file, for what is not started by a command of Sojourn's: Dagster, notebooks."""
GONE = {"start_date": "the first day comes from the exports: take it out"}
"""Settings of former versions, and what to do about them."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class SettingsError(UserError):
    """A setting that cannot be used."""


def setting_expression(setting: str, text: str, allowed: Allowed) -> Expression:
    """Parse an expression of the settings.

    Args:
        setting: what it is of, as a message begins: `setting 'exclude'`.
        text: the expression.
        allowed: what it may use.

    Raises:
        SettingsError: if it is none, or holds what is not allowed.
    """
    try:
        return read_expression(text, allowed)
    except ExpressionError as error:
        raise SettingsError(f"{setting} is {shown(text)}: it {error}") from None


def parse_duration(value: object) -> object:
    """Read a positive length of time such as 30m, 12h or 30d.

    Raises:
        ValueError: if the text is no length of time, or not a positive one.

    >>> parse_duration("30m")
    datetime.timedelta(seconds=1800)
    """
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", value.strip())
        if not match:
            raise ValueError("a length of time is a positive number and s, m, h or d, such as 30m or 30d")
        value = timedelta(**{UNITS[match[2]]: float(match[1])})
    if isinstance(value, timedelta) and value <= timedelta(0):
        raise ValueError("a length of time must be longer than nothing")
    return value


def check_timezone(value: str) -> str:
    """Accept what looks like the name of a time zone; that DuckDB knows it is seen to where it is used.

    Raises:
        ValueError: if no time zone is called so.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", value):
        raise ValueError(NO_TIMEZONE)
    return value


def check_database(value: Path) -> Path:
    """Accept the name of a file; a symbolic link stands for what it points to, beside which all else is written.

    Raises:
        ValueError: if it names no file.
    """
    if value.name in ("", ".."):
        raise ValueError("no name of a file; write one such as data/sojourn.duckdb")
    if value.name.partition(".")[0].lower() == "recent":
        raise ValueError("the name of a schema in it, which SQL could not tell from the file; write another name")
    try:
        found = value.resolve() if value.is_symlink() else value
    except (OSError, RuntimeError):  # RuntimeError before Python 3.13
        raise ValueError("a symbolic link that leads back to itself") from None
    if found.is_dir():
        raise ValueError("a directory; write the name of a file in it, such as sojourn.duckdb")
    return found


def check_master(value: str) -> str:
    """Accept the address of a Spark master.

    Raises:
        ValueError: if it is of no kind that Spark knows.
    """
    if not re.fullmatch(r"local(\[.+\])?|local-cluster\[.+\]|spark://.+|yarn|k8s://.+", value):
        raise ValueError("no Spark master; write one such as spark://host:7077, yarn, k8s://host:443 or local[*]")
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
Database = Annotated[Path, AfterValidator(check_database)]
Master = Annotated[str, AfterValidator(check_master)]
Identifier = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]
Address = Annotated[str, Field(min_length=1), BeforeValidator(stripped), AfterValidator(check_no_login)]
PersonaName = Annotated[str, Field(pattern=r"^[^\s()](?:[^\n()]{0,58}[^\s()])?$")]


class Settings(BaseSettings):
    """What a run is told. Paths in the settings file are seen from it, all others from the working directory."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )
    file: ClassVar[Path | None] = None
    """The settings file; only `read_settings` reads one."""

    exports: Address = Field("data/exports", description="directory, file, glob or object-store address of GA4 exports")
    feeds: tuple[Address, ...] = Field((), description="addresses of CSV and Parquet of offline contacts and surveys")
    feed_timezone: TimeZone = Field("UTC", description="time zone of times in feeds that do not name one")
    lifecycle: str = Field("six-phases", description="name of a lifecycle that ships, or a YAML file")
    database: Database = Field(Path("data/sojourn.duckdb"), description="the file that analysts open")
    keep_versions: int = Field(2, ge=1, description="published versions that are kept, the one that shows included")
    lock_wait: Duration = Field(timedelta(minutes=1), description="wait for another run on the same database to end")
    reports: Path = Field(Path("data/reports"), description="directory of the pages")
    timezone: TimeZone = Field("UTC", description="time zone of the property")
    currency: Currency | None = Field(
        None, description="ISO code of the property's currency; else that of most purchases"
    )
    exchange_rates: Rates = Field({}, description="what other currencies are worth in it: a table, or a CSV by day")
    journey_window: Duration = Field(timedelta(days=30), description="silence that ends a journey")
    recent_weeks: int = Field(13, ge=1, description="weeks whose journeys can be mature, for schema recent")
    session_gap: Duration = Field(timedelta(minutes=30), description="silence that ends a session")
    identity: Literal["stitched", "device"] = Field("stitched", description="who is one person")
    session_split: tuple[Literal["ga_session_id", "campaign"], ...] = Field((), description="further session cuts")
    ignored_referrers: tuple[str, ...] = Field((), description="hosts that are no source, such as a payment provider")
    placeholder_ids: tuple[str, ...] = Field((), description="further ids that mean nobody, such as 999999")
    exclude: str | None = Field(None, description="SQL expression over an export row: rows to leave out")
    segments: tuple[Identifier, ...] = Field((), description="further journey columns to cut the figures by")
    personas: dict[PersonaName, str] = Field({}, description="named conditions over journeys and persons, in SQL")
    sites: dict[str, tuple[str, ...]] = Field({}, description="further sites: search, social, video, shopping, ai")
    language: Language = Field("en", description="language of the page and of titles")
    keep_going: bool = Field(False, description="leave a bad file out instead of stopping")
    vanished_days: Literal["keep", "drop"] = Field("keep", description="what becomes of days whose files are gone")
    shrunken_days: Literal["keep", "load"] = Field(
        "keep", description="what becomes of days that come again with less than half of their rows"
    )
    run_at: time = Field(time(4, 0), description="local time of the nightly run")
    look_every: Duration = Field(timedelta(minutes=10), description="how often the sensor looks for new files")
    retries: int = Field(3, ge=0, description="how often Dagster tries again where that can help")
    retry_wait: Duration = Field(timedelta(seconds=30), description="wait before the first of them; doubled for each")
    keep_runs: Duration = Field(timedelta(days=90), description="how long Dagster's records of runs are kept")
    health: Literal["warn", "block", "off"] = Field("warn", description="what odd days do: warn, or block publishing")
    late_after_days: int = Field(2, ge=0, description="days without a new export after which it is late")
    low_volume: float = Field(0.5, ge=0, le=1, description="share of the usual events below which a day is low")
    mail: Mail = Field(Mail(), description="the mail server that alerts and reports go through, as below")
    alerts: Alerts = Field(Alerts(), description="who is told when a night or a check fails, as below")
    audiences: dict[AudienceName, Audience] = Field({}, description="who gets the report, by name, as below")
    memory_limit: str = Field("1GB", description="what DuckDB may hold in memory")
    batch_rows: int = Field(61_440, ge=1, description="events handed to Polars at a time")
    engine: Literal["local", "spark"] = Field("local", description="what the work on rows is done by")
    spark_master: Master = Field("local[*]", description="the Spark master, such as spark://host:7077")
    spark_directory: Path | None = Field(None, description="directory that all workers see; that of the database else")

    @property
    def served(self) -> dict[str, Audience]:
        """The audiences that a night with this lifecycle serves; the others have a night of their own."""
        ours = Path(self.lifecycle).resolve()
        return {
            name: one
            for name, one in self.audiences.items()
            if one.lifecycle is None or Path(one.lifecycle).resolve() == ours
        }

    @property
    def exclude_sql(self) -> str:
        """The condition on rows to leave out, as it is run.

        It is made of what was understood of `exclude`, never of the text itself.

        Raises:
            SettingsError: if it is no expression, or holds what is not allowed.
        """
        return setting_expression("setting 'exclude'", self.exclude, EXPORT_ROW).sql if self.exclude else "false"

    @property
    def persona_expressions(self) -> dict[str, Expression]:
        """The conditions of the personas, by name, as they are run.

        Raises:
            SettingsError: if one is no expression, or holds what is not allowed.
        """
        return {
            name: setting_expression(f"setting 'personas': {name!r}", text, JOURNEY_ROW)
            for name, text in self.personas.items()
        }

    @model_validator(mode="after")
    def _has_allowed_expressions(self) -> "Settings":
        """Refuse an expression where it is read, before anything runs."""
        _ = self.exclude_sql, self.persona_expressions
        return self

    @model_validator(mode="after")
    def _can_send_mail(self) -> "Settings":
        by_mail = ["alerts"] if self.alerts.email_to else []
        by_mail += [f"audiences.{name}" for name, audience in self.audiences.items() if audience.email_to]
        if by_mail and self.mail.missing:
            needed = " and ".join(f"mail.{name}" for name in self.mail.missing)
            raise ValueError(f"{by_mail[0]}.email_to needs {needed} as well")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags, then variables, then the file."""
        defaults = {name: field.default for name, field in settings_cls.model_fields.items()}
        given = read_file(cls.file, defaults) if cls.file else {}
        return init_settings, env_settings, InitSettingsSource(settings_cls, given)


TABLES: dict[str, type[BaseModel]] = {"mail": Mail, "alerts": Alerts, "audiences.NAME": Audience}
"""The settings that are tables; there may be an audience of any name."""
TABLE_PLACES = {(table.partition(".")[0],) for table in TABLES}
AUDIENCE_VARIABLE = re.compile(rf"^{PREFIX}AUDIENCES__(.+?)__")
PAGE = "docs/settings.md has all settings"


def read_settings(file: Path | None = None, **flags: object) -> Settings:
    """Read the settings from flags, variables and a TOML file, in that order of precedence.

    Args:
        file: the settings file; without one that of SOJOURN_SETTINGS, else `sojourn.toml` where there is one.
        flags: settings given by hand; None means not given.

    Raises:
        SettingsError: if the file is missing or a setting cannot be used; the message names it.
    """
    named = file or (Path(os.environ[SETTINGS_FILE]) if os.environ.get(SETTINGS_FILE) else None)
    if named is not None and not named.is_file():
        raise SettingsError(f"settings file {named} does not exist; `sojourn init` writes sojourn.toml")
    toml = named or Path("sojourn.toml")
    given = {name: value for name, value in flags.items() if value is not None}
    _check_variables()

    class FromFile(Settings):
        file: ClassVar[Path | None] = toml

    try:
        return FromFile(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except UnreadableVariable as error:
        raise SettingsError(_explain_variable(error)) from None
    except RecursionError:
        raise SettingsError(f"settings in {toml} cannot be read: lists or tables are nested too deeply") from None
    except (ValueError, OSError) as error:  # what a TOML parser raises, and a file that may not be read
        raise SettingsError(f"settings in {toml} cannot be read: {error}") from None


def setting_names() -> list[str]:
    """The names of all settings, in order of the alphabet; those of a table with its name before them."""
    alone = Settings.model_fields.keys() - TABLES.keys()
    nested = (f"{table}.{name}" for table, form in TABLES.items() for name in _names_in(form))
    return sorted([*alone, *nested])


def _names_in(form: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in form.model_fields.items()]


def _check_variables() -> None:
    """A misspelt variable would be left out without a word: it is a mistake as a misspelt setting is."""
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in (known := _variables_beside(name.upper())):
            meant = _gone(name.upper().removeprefix(PREFIX).lower()) or did_you_mean(name, known, PREFIX)
            raise SettingsError(f"variable {name} is no setting{meant or f'; {PAGE}'}")


def _variables_beside(name: str) -> set[str]:
    """All variables there are, those of an audience for the audience that a variable names."""
    audience = AUDIENCE_VARIABLE.match(name)
    names = (one.replace(".NAME.", f".{audience[1]}." if audience else ".NAME.") for one in setting_names())
    return {f"{PREFIX}{one.replace('.', '__')}".upper() for one in names} | {SMTP_PASSWORD, SETTINGS_FILE}


def _explain_variable(error: UnreadableVariable) -> str:
    match = re.search(r'field "(\w+)"', str(error))
    name = f"{PREFIX}{match[1].upper()}" if match else "a variable"
    return f'variable {name} cannot be read: a list is written as JSON, such as ["browser"]'


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    name = " ".join(".".join(str(part) for part in first["loc"]).split()) or "settings"
    if first["type"] == "extra_forbidden":
        return f"setting '{name}' is not known{_meant(first['loc'])}"
    what = first["msg"].removeprefix("Value error, ")
    if isinstance(first["input"], dict):
        return f"settings '{name}': {what}" if first["loc"] else f"settings: {what}"
    found = f" is {shown(first['input'])}" if _is_shown(first["loc"], first["input"]) else ""
    return f"setting '{name}'{found}: {what}"


def _is_shown(place: tuple[int | str, ...], value: object) -> bool:
    """Whether a value may be shown: not where it is a secret, or may hold one."""
    is_table = place[:1] in TABLE_PLACES and len(place) <= 1 + (place[0] == "audiences")
    return not (
        is_table or SECRETS.intersection(map(str, place)) or isinstance(value, list) or LOGIN.search(str(value))
    )


def _meant(place: tuple[int | str, ...]) -> str:
    """What may have been meant by an unknown name: one beside it, or one that stands in another table."""
    *table, name = map(str, place)
    if not table:
        return _gone(name) or did_you_mean(name, setting_names()) or f"; {PAGE}"
    if name in Settings.model_fields:
        return "; it is no setting of a table: write it above the first [table]"
    form = TABLES["audiences.NAME" if table[0] == "audiences" else table[0]]
    return did_you_mean(name, _names_in(form)) or f"; {PAGE}"


def _gone(name: str) -> str:
    return f" any more; {GONE[name]}" if name in GONE else ""
