"""Where the spans of a command go: to what the variables OTEL_* say, or to the provider that somebody has set."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

from grokcall.errors import NotSupportedError

EXPORTERS = "opentelemetry_traces_exporter"
"""The entry points of exporters, which packages of OpenTelemetry have."""
PROTOCOLS = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}
"""Which of them speaks each protocol of OTLP."""
UNNAMED = "unknown_service"
"""How the name begins that a service has whom nobody has named."""


@contextmanager
def spans_exported() -> Iterator[None]:
    """Has the spans of the block exported; at its end all of them are on their way.

    Where the process has a provider already, as under ``opentelemetry-instrument``, they go there.

    Raises:
        NotSupportedError: A package is not there; the message says how to install it.
    """
    try:
        from opentelemetry import trace
    except ImportError as missing:
        raise NotSupportedError(
            "--traces needs the package 'opentelemetry-api': pip install 'grokcall[otel]'"
        ) from missing
    provider: Any = trace.get_tracer_provider()
    is_ours = isinstance(provider, trace.ProxyTracerProvider)  # the one that stands for none
    if is_ours:
        provider = made_provider()
        trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        if is_ours:
            provider.shutdown()
        elif hasattr(provider, "force_flush"):
            provider.force_flush()


def made_provider() -> Any:
    """A provider with the exporters that the variables name.

    Raises:
        NotSupportedError: A package is not there.
    """
    try:
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as missing:
        raise NotSupportedError(
            "--traces needs something that exports spans: pip install opentelemetry-sdk opentelemetry-exporter-otlp"
        ) from missing
    exporters = [exporter_of(name.strip()) for name in named() if name.strip() not in ("", "none")]
    resource = Resource.create()
    if str(resource.attributes.get(SERVICE_NAME, UNNAMED)).startswith(UNNAMED):
        resource = resource.merge(Resource({SERVICE_NAME: "grokcall"}))
    provider = TracerProvider(resource=resource)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def named() -> list[str]:
    """The names of the exporters."""
    return os.environ.get("OTEL_TRACES_EXPORTER", "otlp").split(",")


def exporter_of(name: str) -> Any:
    """The exporter of a name, which reads the variables that are its own.

    Raises:
        NotSupportedError: No package has it.
    """
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)  # standard output is for data
    there = {each.name: each for each in entry_points(group=EXPORTERS)}
    found = next((there[each] for each in (of_otlp() if name == "otlp" else [name]) if each in there), None)
    if found is None:
        package = f"opentelemetry-exporter-{name.replace('_', '-')}"
        raise NotSupportedError(
            f"OTEL_TRACES_EXPORTER is {name!r}, which no package that is installed knows: pip install {package}"
        )
    return found.load()()


def of_otlp() -> list[str]:
    """The entry points that export by OTLP: that of the protocol in the variables, else whichever is there."""
    for variable in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if protocol := os.environ.get(variable):
            return [PROTOCOLS.get(protocol, protocol)]
    return [*PROTOCOLS.values(), "otlp"]
