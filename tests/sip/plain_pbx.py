"""A plain Asterisk for the phones' own tests: two accounts, a trunk, a few extensions."""

from __future__ import annotations

from pathlib import Path

from phones.tones import sine
from tests.asterisk.asterisk_fixture import SmallAsterisk
from tests.ports import free_port, sound_ports

_MODULES = """
res_pjproject res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb
res_http_websocket res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp
res_pjsip_registrar res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user
res_pjsip_endpoint_identifier_ip res_pjsip_caller_id res_pjsip_nat res_rtp_asterisk chan_pjsip
codec_alaw codec_ulaw format_pcm format_sln bridge_simple bridge_native_rtp
app_dial app_echo app_read app_milliwatt app_system
func_env func_callerid func_strings func_channel pbx_config
"""


class PlainPbx(SmallAsterisk):
    """No engine behind it; ``carrier_port`` is where its trunk's far side may listen, and
    ``dialplan`` has more contexts, which need ``modules``."""

    def __init__(self, directory: Path, dialplan: str = "", modules: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self.carrier_port = free_port()
        first = sound_ports(1_000)
        files = {
            "extensions.conf": _extensions_conf(directory) + dialplan,
            "pjsip.conf": _pjsip_conf(self.port, self.carrier_port),
            "rtp.conf": f"[general]\nrtpstart={first}\nrtpend={first + 999}\n",
        }
        super().__init__(directory, (*_MODULES.split(), *modules), files)

    def prepare(self) -> None:
        """With the prompt that extension `read` plays."""
        super().prepare()
        self.directory.joinpath("prompt.sln").write_bytes(sine(1400, 300).tobytes())

    @property
    def digits(self) -> list[str]:
        """What callers of extension `read` keyed, one line a call."""
        noted = self.directory / "digits"
        return noted.read_text().split() if noted.exists() else []


def _account(name: str) -> str:
    return f"""[{name}]
type = endpoint
context = phones
disallow = all
allow = alaw
auth = {name}
aors = {name}
direct_media = no
media_address = 127.0.0.1
bind_rtp_to_media_address = yes
[{name}]
type = auth
auth_type = userpass
username = {name}
password = secret-{name}
[{name}]
type = aor
max_contacts = 1
"""


def _pjsip_conf(port: int, carrier_port: int) -> str:
    return f"""[global]
type = global
endpoint_identifier_order = auth_username,username,ip
[transport]
type = transport
protocol = udp
bind = 127.0.0.1:{port}
{_account("anna")}{_account("bela")}[trunk]
type = endpoint
context = phones
disallow = all
allow = alaw
aors = trunk
direct_media = no
media_address = 127.0.0.1
bind_rtp_to_media_address = yes
[trunk]
type = aor
contact = sip:127.0.0.1:{carrier_port}
[trunk]
type = identify
endpoint = trunk
match = 127.0.0.1
"""


def _extensions_conf(directory: Path) -> str:
    return f"""[phones]
exten => anna,1,Dial(PJSIP/anna,5)
exten => bela,1,Dial(PJSIP/bela,5)
exten => fallback,1,Dial(PJSIP/+3611@trunk,5)
exten => read,1,Answer()
 same => n,Read(KEYED,{directory}/prompt,4,,1,5)
 same => n,System(echo ${{FILTER(0-9,${{KEYED}})}} >> {directory}/digits)
 same => n,Hangup()
exten => echo,1,Answer()
 same => n,Echo()
exten => tone,1,Answer()
 same => n,Milliwatt()
"""
