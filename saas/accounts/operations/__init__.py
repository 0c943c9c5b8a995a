"""Writes about accounts, in the tenant's scope."""

from saas.accounts.operations.addresses import change_email, confirm_email, send_verification, verify_email
from saas.accounts.operations.cleaning import clean_up
from saas.accounts.operations.passwords import (
    RESET_JOB,
    change_password,
    confirm_password,
    request_reset,
    reset_password,
    send_reset,
)
from saas.accounts.operations.refusals import WrongPassword, note_wrong_password
from saas.accounts.operations.sessions import (
    end_other_sessions,
    end_session,
    issue_hand_over,
    note_use,
    open_session,
    redeem_hand_over,
    sign_in,
    sign_out,
)
from saas.accounts.operations.users import create_user, make_user, update_profile

__all__ = [
    "RESET_JOB",
    "WrongPassword",
    "change_email",
    "change_password",
    "clean_up",
    "confirm_email",
    "confirm_password",
    "create_user",
    "end_other_sessions",
    "end_session",
    "issue_hand_over",
    "make_user",
    "note_use",
    "note_wrong_password",
    "open_session",
    "redeem_hand_over",
    "request_reset",
    "reset_password",
    "send_reset",
    "send_verification",
    "sign_in",
    "sign_out",
    "update_profile",
    "verify_email",
]
