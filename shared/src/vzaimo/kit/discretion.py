"""What no span says.

Apart from ``telemetry``, which is needed where no spans are sent: this loads OpenTelemetry's SDK.
"""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

UNSAID = {"url.query"}
"""What people search for, and whatever else somebody wrote into an address."""
QUIET = {"/healthz", "/readyz", "/metrics"}
"""Machines ask for these all day."""


class Discreet(Sampler):
    """Decides as another sampler does; what is nobody's business is taken out of a span before it begins."""

    def __init__(self, usual: Sampler) -> None:
        self._usual = usual

    def should_sample(  # noqa: PLR0917 - the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Whether a span is kept, and with which attributes."""
        said = {key: value for key, value in (attributes or {}).items() if key not in UNSAID}
        if said.get("url.path") in QUIET:
            return SamplingResult(Decision.DROP)
        return self._usual.should_sample(parent_context, trace_id, name, kind, said, links, trace_state)

    def get_description(self) -> str:
        """For logs of the SDK."""
        return f"Discreet({self._usual.get_description()})"
