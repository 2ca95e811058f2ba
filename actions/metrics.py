"""Counters of the action server, in a registry of their own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """What ``/metrics`` shows. Labels hold names of actions and codes, never anything a user said."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.actions = Counter("xiangyin_actions_total", "Actions run", ["action", "outcome"], registry=self.registry)
        self.action_seconds = Histogram(
            "xiangyin_action_seconds", "Time of an action", ["action"], registry=self.registry
        )
        self.deliveries = Counter(
            "xiangyin_bank_deliveries_total",
            "Attempts to deliver to the bank",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.news = Counter(
            "xiangyin_news_total", "Attempts to tell people of their cases", ["outcome"], registry=self.registry
        )
        self.outbox = Gauge("xiangyin_outbox_pending", "Requests still owed to the bank", registry=self.registry)
        self.circuit = Gauge(
            "xiangyin_bank_circuit_open", "1 while the bank is away and asked sparingly", registry=self.registry
        )
