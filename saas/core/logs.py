"""Log lines: structured, as text for people or JSON for machines."""

import logging
import sys

import structlog
from structlog.typing import Processor

from saas.core.settings import Settings

_LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARNING": logging.WARNING, "ERROR": logging.ERROR}


def configure_logs(settings: Settings) -> None:
    """Send our lines and those of libraries to standard error in the chosen form; in JSON a traceback is part of its line.

    Every line bears what is bound for the present request or job. Where logging has a handler already it keeps that one.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shape = _shape(settings)
    structlog.configure(
        processors=[*shared, *shape],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shape],
        )
    )
    logging.basicConfig(level=max(_LEVELS[settings.log_level], logging.WARNING), handlers=[handler])
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it tells every try; whoever waits tells the outcome


def _shape(settings: Settings) -> list[Processor]:
    """What turns an event into a line. Tracebacks are plain: fancy ones show the values of variables."""
    if settings.log_format == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
