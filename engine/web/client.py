"""Asking web services for calls: the site's services with their time limits and circuits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import structlog
from multidict import CIMultiDict
from yarl import URL

from config.services import SECRET, Service
from engine.clock import Clock
from engine.metrics import Metrics
from engine.web import circuit
from engine.web.circuit import Circuit, Rules
from engine.web.exchange import NoReply, Plan, Reply, Sleep, exchange
from ivr.commands import Request

log = structlog.get_logger(__name__)

PER_HOST = 50
"""Connections to one host: a slow one is not to take those of the others."""

_UNNAMED = Service(url="http://unnamed")
"""What holds for requests of no service of the site."""


class Web:
    """The engine's one client of web services, for all calls; used within `open`."""

    def __init__(self, metrics: Metrics, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._metrics = metrics
        self._clock = clock
        self._sleep = sleep
        self._services: Mapping[str, Service] = {}
        self._secrets: Mapping[str, str] = {}
        self._circuits: dict[str, Circuit] = {}
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Web"]:
        """Hold the connections; they are closed at the end."""
        # No cookies: what a service gives one caller is not for the next.
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=PER_HOST),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"User-Agent": "Trunkline", "Accept": "application/json, */*;q=0.1"},
        ) as self._session:
            yield self

    def configure(self, services: Mapping[str, Service], secrets: Mapping[str, str]) -> None:
        """The site's services from now on; one that changed begins with a new circuit."""
        for name in self._services:
            if services.get(name) != self._services[name]:
                self._circuits.pop(name, None)
        self._services, self._secrets = services, secrets

    async def ask(self, request: Request) -> Reply:
        """Ask, again where that can do no harm. Raises NoReply. Cancelling it ends the request."""
        plan = self._plan(request)
        self._let_through(plan.name)
        began_ms, outcome, status = self._clock(), "abandoned", None
        try:
            reply = await self._in_time(plan)
            status = reply.status
            outcome = "answered" if status < 500 else "server_error"
            return reply
        except NoReply as failure:
            outcome = failure.outcome
            raise
        finally:
            self._judge(plan.name, outcome)
            ms = self._clock() - began_ms
            self._metrics.web_seconds.labels(plan.name).observe(ms / 1000)
            self._tell(plan.name, outcome, status, ms)

    def circuit_of(self, name: str) -> Circuit:
        """How the circuit of a service, or of a host, stands."""
        return self._circuits.get(name, circuit.NEW)

    def _plan(self, request: Request) -> Plan:
        service = _UNNAMED
        if request.service is not None:
            if request.service not in self._services:
                raise NoReply("unknown_service")  # it was there when the call began
            service = self._services[request.service]
        headers = CIMultiDict(request.headers)
        headers.update(self._headers_of(service))
        base = service.url if request.service is not None else ""
        url = _url(base + request.url)
        timeout_ms = service.timeout.ms if request.timeout_ms is None else request.timeout_ms
        retries = service.retries if request.retries is None else request.retries
        return Plan(
            name=request.service or url.host or "",
            method=request.method,
            url=url,
            headers=headers,
            body=None if request.body is None else request.body.encode(),
            timeout_s=timeout_ms / 1000,
            tries=retries + 1,
        )

    def _headers_of(self, service: Service) -> dict[str, str]:
        return {
            name: SECRET.sub(lambda found: self._secrets[found[1]], text)
            for name, text in service.headers.items()
        }

    def _let_through(self, name: str) -> None:
        self._circuits[name], may_ask = circuit.asked(self.circuit_of(name), self._clock())
        if not may_ask:
            self._tell(name, "circuit_open", None, 0)
            raise NoReply("circuit_open")

    async def _in_time(self, plan: Plan) -> Reply:
        if self._session is None:
            raise RuntimeError("the client is not open")
        try:
            async with asyncio.timeout(plan.timeout_s):
                return await exchange(self._session, plan, self._sleep)
        except TimeoutError:
            raise NoReply("timeout") from None

    def _judge(self, name: str, outcome: str) -> None:
        before = self.circuit_of(name)
        match outcome:
            case "answered" | "too_large":
                after = circuit.answered(before)
            case "abandoned":
                after = circuit.given_up(before, self._clock())
            case _:
                after = circuit.failed(before, self._clock(), self._rules(name))
        self._circuits[name] = after
        if isinstance(before, circuit.Closed) and isinstance(after, circuit.Open):
            log.warning("web_circuit_opened", service=name)

    def _rules(self, name: str) -> Rules:
        rules = self._services.get(name, _UNNAMED).circuit
        return Rules(rules.failures, rules.open.ms)

    def _tell(self, name: str, outcome: str, status: int | None, ms: int) -> None:
        self._metrics.web_requests.labels(name, outcome).inc()
        log.info("web_request", service=name, outcome=outcome, status=status, ms=ms)


def _url(text: str) -> URL:
    """Raises NoReply: a value of the site may have made of it what the check would refuse."""
    try:
        url = URL(text, encoded=True)
        if url.port:  # reads it: an impossible one raises only then
            return url
    except ValueError:
        pass
    raise NoReply("unreachable")
