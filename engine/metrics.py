"""Prometheus metrics. Names follow Prometheus' conventions: base units, `_total` for counters."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

WAIT_BUCKETS_S = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
FAST_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

_CAPTURE = ("way", "result")
_CHARGE = ("operation", "outcome")


class Metrics:
    """One registry for one engine, so that tests may have several engines in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.calls = self._counter("calls_total", "Calls that reached the engine.")
        self.active_calls = self._gauge("active_calls", "Calls under way.")
        self.ended = self._counter("contacts_total", "Contacts ended, by outcome.", "outcome")
        self.flows_failed = self._counter(
            "flows_failed_total", "Flows that could not go on, by flow.", "flow"
        )
        self.agents = self._gauge("agents", "Agents by state.", "state")
        self.waiting = self._gauge("queue_waiting", "Contacts waiting, by queue.", "queue")
        self.longest_wait = self._gauge(
            "queue_longest_wait_seconds", "Age of the longest waiting contact.", "queue"
        )
        self.wait_error = self._gauge(
            "expected_wait_error_ratio",
            "Lately: error of expected waits (root mean square) to the mean wait.",
            "queue",
        )
        self.service_level = self._gauge(
            "today_service_level_ratio",
            "Today so far: answered in time, of those counted.",
            "queue",
        )
        self.abandoned = self._gauge(
            "today_abandoned_ratio", "Today so far: hung up, of those counted.", "queue"
        )
        self.answer_speed = self._gauge(
            "today_answer_speed_seconds", "Today so far: mean wait of those answered.", "queue"
        )
        self.handling = self._gauge(
            "today_handling_seconds", "Today so far: mean talk and wrap-up.", "queue"
        )
        self.wait = self._histogram(
            "queue_wait_seconds", "From queue entry to the conversation.", WAIT_BUCKETS_S, "queue"
        )
        self.ring_delay = self._histogram(
            "match_to_ring_seconds", "From the match to the ring command sent.", FAST_BUCKETS_S
        )
        self.first_prompt = self._histogram(
            "first_prompt_seconds", "From the AGI request to the first prompt.", FAST_BUCKETS_S
        )
        self.not_answered = self._counter("rona_total", "Rings no agent answered.", "reason")
        self.ami_up = self._gauge("ami_up", "1 while the manager link is logged in.")
        self.ami_reconnects = self._counter(
            "ami_reconnects_total", "Manager logins after the first."
        )
        self.agi_rejected = self._gauge("agi_rejected", "Connections that spoke no AGI.")
        self.unheard = self._gauge(
            "messages_unheard", "Messages nobody has heard yet, by mailbox.", "mailbox"
        )
        self.deliveries = self._counter(
            "deliveries",
            "Messages that left their mailboxes, by way and what became of them.",
            "way",
            "outcome",
        )
        self.campaign_calls = self._gauge(
            "campaign_calls", "Calls of campaigns under way, by stage.", "campaign", "stage"
        )
        self.campaign_abandoned = self._gauge(
            "campaign_abandoned_ratio", "Today: people for whom nobody was there.", "campaign"
        )
        self.campaign_room = self._gauge(
            "campaign_room_calls",
            "Calls that may be in the air without an agent; 0: progressive dialing only.",
            "campaign",
        )
        self.campaign_leads = self._gauge(
            "campaign_leads", "Leads that may be called now, 10,000 at most.", "campaign"
        )
        self.tasks = self._gauge("tasks", "Asyncio tasks alive; more while calls are.")
        self.flows_version = self._gauge(
            "flows_version", "Published version of the flows that new calls run here."
        )
        self.flows_published = self._gauge(
            "flows_published_version", "Newest published version; above flows_version: refused."
        )
        self.history_pending = self._gauge("history_pending_rows", "Rows not yet committed.")

        self.web_requests = self._counter(
            "web_requests_total", "Requests of flows to web services.", "service", "outcome"
        )
        self.web_seconds = self._histogram(
            "web_request_seconds",
            "Requests of flows to web services, all tries of each.",
            FAST_BUCKETS_S,
            "service",
        )

        self.captures = self._counter(
            "payment_captures_total", "Cards captured, by who led it and how it ended.", *_CAPTURE
        )
        self.capture_seconds = self._histogram(
            "payment_capture_seconds", "From the first word to the end.", WAIT_BUCKETS_S, "way"
        )
        self.charges = self._counter(
            "payment_charges_total", "What was asked of the provider in calls.", *_CHARGE
        )
        self.charge_seconds = self._histogram(
            "payment_charge_seconds",
            "From the card to the provider's answer, all tries.",
            WAIT_BUCKETS_S,
            "operation",
        )
        self.payments_unsafe = self._gauge(
            "payments_unsafe_settings", "Settings of Asterisk for which no card is taken."
        )

    def text(self) -> bytes:
        """The exposition text of `/metrics`."""
        return generate_latest(self.registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"trunkline_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"trunkline_{name}", about, labels, registry=self.registry)

    def _histogram(
        self, name: str, about: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(
            f"trunkline_{name}", about, labels, buckets=buckets, registry=self.registry
        )
