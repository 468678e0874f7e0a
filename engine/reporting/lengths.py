"""Figures as a person reads them; nothing where there is none."""


def share(value: float | None) -> str:
    """Of one, in percent."""
    return "" if value is None else f"{value:.1%}"


def length(ms: float | None) -> str:
    """Hours, minutes and seconds, as far as there are any."""
    if ms is None:
        return ""
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
