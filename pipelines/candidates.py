"""What a listed file is: an export that is read in a format, or something else, and whether that needs saying."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence

from pipelines.listing import Listed, format_by_content
from pipelines.naming import BY_CONTENT, OTHER_DATA, Format, format_of, is_shard, read_path, split_suffix

UNREAD = (
    "passed over, though named like days of the export, for Sojourn reads Parquet, Avro and newline-delimited JSON"
    " (plain, gzip or zstd)"
)
NOWHERE = "passed over, though named like days of the export, for these are links that lead nowhere or no regular files"
USERS = "passed over, for this is GA4's export of users, which holds no events"
EMPTY = "passed over, for there are no rows in it, and no day in its name"
OTHER_FOLDER = "the day of the name counts where the folder is of another"


class Candidate:
    """A listed file that may be an export, and what its path tells."""

    def __init__(self, listed: Listed) -> None:
        self.name = listed.name
        self._is_regular = listed.is_regular
        folder, _, name = listed.name.rpartition("/")
        stem, self._suffix = split_suffix(name)
        self.told = read_path(f"{folder}/{stem}", listed.above)
        self._format = format_of(self._suffix)
        self._is_like_a_day = self.told.is_named or (self.told.has_day and self._is_data)
        is_ours = self.told.table == "events" or self.told.day is not None or is_shard(stem)
        self.is_by_content = self._is_regular and self._format == BY_CONTENT and is_ours and not self._is_of_users

    def format(self, head: bytes) -> Format | None:
        """Tell in which format it is read, if it is; `head` is how it begins, where it `is_by_content`."""
        if not self._is_regular or self._is_of_users:
            return None
        if self._format != BY_CONTENT:
            return self._format
        return format_by_content(head, is_expected=self.told.day is not None) if self.is_by_content else None

    def remark(self, is_read: bool) -> str | None:
        """What somebody may wonder about: why it is passed over, or what counts of it; None where nobody will."""
        if is_read:
            return OTHER_FOLDER if self.told.day_of_folder else None
        if self._is_of_users:
            return USERS
        reason = UNREAD if self._is_regular else NOWHERE
        return reason if self._is_like_a_day else None

    @property
    def _is_of_users(self) -> bool:
        return self.told.table == "users" and (self._format is not None or self.told.is_named)

    @property
    def _is_data(self) -> bool:
        return self._format is not None or not OTHER_DATA.isdisjoint(self._suffix.split("."))


def notes(told: Iterable[tuple[str | None, str]], read: Container[str] = ()) -> list[str]:
    """Write one line for each reason: how many files it holds for, and one of them.

    Args:
        told: reasons and addresses.
        read: the addresses of files that are read: what is named after one, such as its checksum, needs no word.
    """
    addresses = defaultdict[str, list[str]](list)
    for reason, address in told:
        if reason and address.rpartition(".")[0] not in read:
            addresses[reason].append(address)
    return [f"{reason}: {_some(sorted(addresses[reason]))}" for reason in sorted(addresses)]


def _some(addresses: Sequence[str]) -> str:
    return addresses[0] if len(addresses) == 1 else f"{len(addresses):,} files, such as {addresses[0]}"
