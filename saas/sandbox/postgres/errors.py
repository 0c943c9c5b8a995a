"""The one error of the embedded server."""


class PostgresError(RuntimeError):
    """The embedded server cannot do what was asked; the message says what to do about it."""
