"""What every service is built with: store, outbox, relay, inbound, timers, bus, http, identity, telemetry."""
