"""Traces for a collector of OpenTelemetry, as the standard variables of the environment say.

See https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. The packages
are an extra, ``telemetry``: they are imported only where the variables name an exporter.
"""
