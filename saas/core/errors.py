"""What an operation or query may refuse with; the edges turn these into pages, problem details or exit codes."""


class DomainError(Exception):
    """A rule of the product refused; the message is written for the person who asked, ``for_operators`` for those who run it."""

    status = 400

    def __init__(self, message: str, *, for_operators: str = "") -> None:
        super().__init__(message)
        self.message, self.for_operators = message, for_operators or message


class NotFound(DomainError):
    """The object does not exist, or belongs to somebody else: the caller cannot tell which."""

    status = 404

    def __init__(self, message: str = "There is nothing here.") -> None:
        super().__init__(message)


class NotAllowed(DomainError):
    """The actor lacks the permission."""

    status = 403


class Conflict(DomainError):
    """The request does not fit the present state: taken, already done, or changed meanwhile."""

    status = 409


class Invalid(DomainError):
    """A value is not acceptable; ``field`` names the form field it belongs to."""

    status = 422

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class Busy(DomainError):
    """The platform cannot do this now, but the same request may succeed in ``retry_after`` seconds."""

    status = 503

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def first_line(error: BaseException) -> str:
    """What an error says in one line, or its kind when it says nothing; the lines after it may hold people's data."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
