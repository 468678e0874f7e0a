"""How long to wait before the next attempt to connect."""

from bridge.ami.settings import AmiSettings

_MOST_DOUBLINGS = 30


def reconnect_delay_s(settings: AmiSettings, failures: int, fraction: float) -> float:
    """Return the seconds to wait after `failures` failures in a row; `fraction` is in [0, 1).

    "Full jitter": anything between nothing and a ceiling that doubles with each failure, so that
    several engines that lost the same Asterisk do not come back in step. Source: M. Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    ceiling = settings.backoff_min_s * 2.0 ** min(failures, _MOST_DOUBLINGS)
    return fraction * min(settings.backoff_max_s, ceiling)
