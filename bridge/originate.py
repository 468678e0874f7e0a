"""What the action Originate is told of a leg: the fields of each kind, and of all."""

from bridge.events import CallCustomer, CallLead, RingAgent
from bridge.quoting import ami_caller_id, ami_channel, ami_customer, ami_variable
from bridge.ringing import Order

AGENT_LEG_CONTEXT = "agent-leg"
AGENT_LEG_EXTENSION, LINE_EXTENSION = "connect", "line"
CUSTOMER_LEG_EXTENSION = "connect"


def agent_fields(order: RingAgent) -> list[tuple[str, str]]:
    """Of an agent's phone: where, and what it shows; with an open line, what it waits in."""
    return [
        ami_channel(f"PJSIP/{order.endpoint}"),
        ("Context", AGENT_LEG_CONTEXT),
        ("Exten", LINE_EXTENSION if order.opens else AGENT_LEG_EXTENSION),
        ami_caller_id(order.caller_name, order.caller_number),
    ]


def outside_fields(order: CallCustomer | CallLead, context: str) -> list[tuple[str, str]]:
    """Of a phone outside: the number and by which trunk, and what is shown."""
    return [
        ami_customer(order.number, order.trunk),
        ("Context", context),
        ("Exten", CUSTOMER_LEG_EXTENSION),
        ami_caller_id("", order.caller_number),
    ]


def common_fields(order: Order) -> list[tuple[str, str]]:
    """Of every leg: it is ordered without waiting, under an id of ours."""
    return [
        ("Priority", "1"),
        ("Async", "true"),
        ("EarlyMedia", "false"),
        ("Timeout", str(order.timeout_ms)),
        ("ChannelId", order.channel_id),
        *(ami_variable(name, value) for name, value in order.variables),
    ]
