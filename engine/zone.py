"""The zone of the times that commands print: the site's, wherever the machine may stand."""

from zoneinfo import ZoneInfo

from config.document import DocumentError, load_plain
from config.files import read_text
from engine.settings import Settings


def site_zone(settings: Settings) -> ZoneInfo:
    """The site's; UTC where its file cannot be read."""
    try:
        plain = load_plain(read_text(settings.site_file), str(settings.site_file))
        return ZoneInfo(plain["zone"])
    except (DocumentError, LookupError, TypeError, ValueError):
        return ZoneInfo("UTC")
