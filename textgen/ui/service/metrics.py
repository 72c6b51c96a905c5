"""What a server does, in numbers for Prometheus: requests, latencies, tokens, what waits, models, memory."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from textgen.ui.service.service import Done, Service

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics(Collector):
    """The numbers of one server. Every name begins with `lab_`; those of the process with `process_`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "lab_requests", "Requests answered", ["kind", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "lab_request_seconds",
            "From a request to its whole answer",
            ["kind"],
            buckets=SECONDS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def done(self, request: Done) -> None:
        self.requests.labels(request.kind, str(request.status)).inc()
        self.seconds.labels(request.kind).observe(request.seconds)

    def page(self) -> tuple[bytes, str]:
        return generate_latest(self.registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """What is so at this moment."""
        going_on = GaugeMetricFamily("lab_requests_going_on", "Requests not answered yet", labels=["kind"])
        for kind, number in self.service.going_on.copy().items():
            going_on.add_metric([kind], number)
        yield going_on
        registry = self.service.registry
        yield GaugeMetricFamily("lab_models_loaded", "Models in memory", len(registry.loaded()))
        yield GaugeMetricFamily("lab_ending", "1 while the server refuses what is new", self.service.ending)
        tokens, waiting = registry.work
        yield CounterMetricFamily(
            "lab_tokens", "Tokens written for visitors, but for those of sweeps", tokens
        )
        yield GaugeMetricFamily("lab_queue", "Readings, texts and searches that take turns", waiting)
