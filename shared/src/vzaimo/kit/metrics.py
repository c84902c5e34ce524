"""What Prometheus reads: one registry a service, numbers that are set where they change."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
"""Seconds. Reads take some thousandths, commands some hundredths; the alert is at 1, a position is awaited for 2, and
at 15 the store gives a statement up."""


class Metrics:
    """The numbers of one service."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Histogram(
            "vzaimo_http_request_seconds",
            "Time of HTTP requests by method, template of the route, and class of the status (2xx)",
            ["method", "route", "status"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.outbox_depth = Gauge("vzaimo_outbox_facts", "Facts not yet acknowledged by the bus", registry=registry)
        self.outbox_age = Gauge("vzaimo_outbox_oldest_seconds", "Age of the oldest of them", registry=registry)
        self.published = Counter("vzaimo_outbox_published", "Facts acknowledged by the bus", registry=registry)
        self.set_aside = Counter("vzaimo_outbox_refused", "Facts that the bus refused for good", registry=registry)
        self.leader = Gauge("vzaimo_relay_leader", "1 where this process publishes", registry=registry)
        self.store_older = Gauge(
            "vzaimo_store_older", "1 where a stream holds what the log does not know", registry=registry
        )
        self.lag = Gauge("vzaimo_consumer_lag_facts", "Facts not yet handled", ["consumer"], registry=registry)
        self.handled = Counter("vzaimo_consumer_handled", "Facts handled", ["consumer"], registry=registry)
        self.failed = Counter("vzaimo_consumer_failed", "Tries that failed", ["consumer"], registry=registry)
        self.dead = Counter("vzaimo_dead_letters", "Facts given up", ["consumer"], registry=registry)
        self.parked = Gauge("vzaimo_parked_facts", "Facts that wait for another", registry=registry)
        self.parked_age = Gauge("vzaimo_parked_oldest_seconds", "Age of the oldest of them", registry=registry)
        self.tries = Counter(
            "vzaimo_delivery_tries",
            "Tries to send mails and webhooks, by what came of them",
            ["channel", "outcome"],
            registry=registry,
        )
        self.waiting_age = Gauge(
            "vzaimo_delivery_oldest_seconds", "Since when the oldest was due that waits", ["channel"], registry=registry
        )
        self.stalls = Counter("vzaimo_loop_stalls", "Times that the loop stood still", registry=registry)
        self.impossible = Gauge(
            "vzaimo_impossible", "Counts of what must not be; each stays 0", ["check"], registry=registry
        )
