"""Taking seats: one at a time, so that of many who want the last one a single one gets it."""

from saas.members.queries.seats import PEOPLE, Seats, get_seats, takes_seat
from saas.tenancy.limits import LimitReached, lock_meter


class SeatsFull(LimitReached):
    """No seat is left; ``seats`` tells how they are taken."""

    def __init__(self, number: int, seats: Seats) -> None:
        taken = seats.used + seats.pending
        super().__init__(PEOPLE, limit=seats.limit or 0, used=taken, wanted=number, message=_refusal(number, seats))
        self.seats = seats


def take_seats(number: int, *, role: str) -> None:
    """Make sure that so many more people of a role can be added or invited; raises SeatsFull.

    Call it wherever somebody becomes active who was not: added, reactivated, brought back; and where somebody who took none
    gets a role that does. Whoever takes seats at the same time waits until this transaction ends, so do slow work before; and
    lock rows after it, so that no two wait for each other.
    """
    lock_seats()
    if not takes_seat(role):
        return
    seats = get_seats()
    if seats.left is not None and number > seats.left:
        raise SeatsFull(number, seats)


def change_seat(before: str, after: str) -> None:
    """Make sure that somebody who is here, or invited, can get another role; raises SeatsFull. Locks as ``take_seats``."""
    if not takes_seat(before):
        take_seats(1, role=after)


def use_held_seat(role: str) -> None:
    """Make sure that somebody invited fits in: their invitation holds a seat, unless the limit was lowered since.

    Raises SeatsFull. Locks as ``take_seats``.
    """
    lock_seats()
    if not takes_seat(role):
        return
    seats = get_seats()
    if seats.limit is not None and seats.used >= seats.limit:
        raise SeatsFull(1, seats)


def lock_seats() -> None:
    """Let nobody else of this organisation take seats until the transaction ends."""
    lock_meter(PEOPLE)


def _refusal(number: int, seats: Seats) -> str:
    pending = f" and {seats.pending} held by open invitations" if seats.pending else ""
    taken = f"{seats.used} of {seats.limit} seats are in use{pending}"
    left = seats.left or 0
    if number > 1 and left:
        return f"{taken}: {left} left, and this needs {number}. Choose fewer people, or ask for more seats."
    return f"{taken}. Take an invitation back, deactivate somebody, or ask for more seats."
