"""A small Asterisk: its manager, a few phones, and a dialplan to be reached by."""

from pathlib import Path

from bridge.ami.settings import AmiSettings
from tests.asterisk.asterisk_fixture import SmallAsterisk
from tests.ports import free_port, sound_ports

SECRET = "only for this test"
_MODULES = (
    *("app_controlplayback", "app_userevent", "bridge_simple", "codec_ulaw", "format_sln"),
    *("func_channel", "pbx_config", "res_rtp_asterisk", "res_sorcery_astdb"),
    *("res_sorcery_config", "res_sorcery_memory", "res_timing_timerfd"),
    *("res_pjproject", "res_pjsip", "res_pjsip_session", "res_pjsip_sdp_rtp"),
    *(
        "res_pjsip_endpoint_identifier_user",
        "res_pjsip_pubsub",
        "res_pjsip_registrar",
        "chan_pjsip",
    ),
)
_DIALPLAN = """
[calls]
exten => answer,1,Answer()
 same => n,Wait(60)
exten => busy,1,Busy(5)
exten => ring,1,Ringing()
 same => n,Wait(60)
[agent-leg]
exten => connect,1,UserEvent(TrunklineAgentUp,Contact:${TRK_CONTACT},Agent:${TRK_AGENT})
 same => n,Wait(60)
[dialed-leg]
exten => connect,1,UserEvent(TrunklineLeadUp,Contact:${TRK_CONTACT})
 same => n,Wait(60)
"""
_ENDPOINT = """
[{name}]
type = endpoint
context = calls
disallow = all
allow = ulaw
aors = {name}
[{name}]
type = aor
max_contacts = 2
"""


class AmiSite(SmallAsterisk):
    """With `endpoints` that need no password to register."""

    def __init__(self, directory: Path, *endpoints: str) -> None:
        self.ami_port = free_port()
        self.sip_port = free_port()
        first = sound_ports(100)
        files = {
            "extensions.conf": _DIALPLAN,
            "manager.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\n"
            f"port = {self.ami_port}\n[trunkline]\nsecret = {SECRET}\n"
            "read = system,call,user\nwrite = system,call,originate,user\n",
            "rtp.conf": f"[general]\nrtpstart={first}\nrtpend={first + 99}\n",
            "pjsip.conf": "[udp]\ntype = transport\nprotocol = udp\n"
            f"bind = 127.0.0.1:{self.sip_port}\n"
            + "".join(_ENDPOINT.format(name=name) for name in endpoints),
        }
        super().__init__(directory, _MODULES, files)

    def settings(self, port: int | None = None, secret: str = SECRET) -> AmiSettings:
        """Settings of a client of this Asterisk, directly or through a proxy on `port`."""
        return AmiSettings("127.0.0.1", port or self.ami_port, "trunkline", secret)
