"""Which phones can be rung, from the contacts that Asterisk tells of."""

from collections.abc import Iterable

_STATUS = {
    "Reachable": True,
    "NonQualified": True,
    "Unreachable": False,
    "Unknown": False,
}
"""`status_map` in res/res_pjsip/pjsip_options.c. "NonQualified" is a contact that is not asked,
or not yet, whether it lives; "Removed" ends one. Older versions also say "Created" and
"Updated", which tell nothing of a contact that is known."""


class Reachability:
    """The contacts (registered addresses) of each endpoint, and whether each is reachable.

    An endpoint is reachable while one of its contacts is: of two, one may be removed.
    """

    def __init__(self) -> None:
        self._contacts: dict[str, dict[str, bool]] = {}

    def begin(self, contacts: Iterable[tuple[str, str, str]]) -> None:
        """Forget everything, and take (endpoint, uri, status) of every contact there is now."""
        self._contacts = {}
        for endpoint, uri, status in contacts:
            self.change(endpoint, uri, status)

    def registers(self, endpoint: str, uri: str, status: str) -> bool:
        """Tell whether this status, not yet taken, is the first of a new contact."""
        return status != "Removed" and uri not in self._contacts.get(endpoint, {})

    def change(self, endpoint: str, uri: str, status: str) -> bool | None:
        """Take one contact's new status; return the endpoint's reachability if that changed."""
        before = self.reachable(endpoint)
        contacts = self._contacts.setdefault(endpoint, {})
        if status == "Removed":
            contacts.pop(uri, None)
        else:
            contacts[uri] = _STATUS.get(status, contacts.get(uri, True))
        if not contacts:
            del self._contacts[endpoint]
        after = self.reachable(endpoint)
        return None if after == before else after

    def reachable(self, endpoint: str) -> bool:
        """Tell whether one of the endpoint's contacts is reachable."""
        return any(self._contacts.get(endpoint, {}).values())
