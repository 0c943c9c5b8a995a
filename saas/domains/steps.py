"""The steps from records to a domain that answers, each with what holds of it now. Pure."""

from dataclasses import dataclass
from typing import Literal

from saas.domains.certificates.states import CertificateState
from saas.domains.reports import Report
from saas.domains.statuses import HostStatus

State = Literal["done", "current", "ahead", "warning", "danger", "unneeded"]
LOST = (HostStatus.FAILING, HostStatus.DISABLED)
"""Stations of a host whose records were right once."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what it is called, how it stands, and why in a few words where its mark alone does not tell."""

    label: str
    state: State
    note: str = ""


def steps_of(status: HostStatus, report: Report | None, certificate: CertificateState | None) -> tuple[Step, ...]:
    """The steps of a host, as its last examination and its certificate tell."""
    return (
        Step("Records", *_records(status, report)),
        Step("Check", *_check(status, report)),
        Step("Verified", *_verified(status, report)),
        Step("Certificate", *_certificate(certificate)),
        Step("Live", *_live(status, report, certificate)),
    )


def _records(status: HostStatus, report: Report | None) -> tuple[State, str]:
    if report is None:
        return ("current" if status is HostStatus.PENDING else "done"), ""
    if report.is_good or (status is HostStatus.ACTIVE and not report.is_bad):
        return "done", ""
    if not report.is_bad:
        return ("danger", "wrong when last seen") if status in LOST else ("ahead", "")
    flaw = "wrong" if any(row.verdict == "wrong" for row in report.records) else "missing"
    return _of(status, pending="current", active="warning", lost="danger"), flaw


def _check(status: HostStatus, report: Report | None) -> tuple[State, str]:
    if report is None:
        return ("ahead" if status is HostStatus.PENDING else "done"), ""
    if report.is_good:
        return "done", ""
    if not report.is_bad:
        return _of(status, pending="current", active="warning", lost="warning"), "nobody could be asked"
    return _of(status, pending="ahead", active="done", lost="danger"), "failed" if status in LOST else ""


def _verified(status: HostStatus, report: Report | None) -> tuple[State, str]:
    match status:
        case HostStatus.ACTIVE:
            return "done", ""
        case HostStatus.FAILING if report and not report.proven:
            return ("danger", "the proof is gone") if report.proven is False else ("warning", "nobody could be asked")
        case HostStatus.FAILING:
            return "done", ""
    if report and report.is_good:
        return "danger", "refused"
    return ("danger", "no longer") if status is HostStatus.DISABLED else ("ahead", "")


def _certificate(certificate: CertificateState | None) -> tuple[State, str]:
    if certificate is None:
        return "ahead", ""
    note = certificate.called.lower()
    match certificate.status:
        case "none" | "elsewhere":
            return "unneeded", note
        case "active":
            return ("done", "") if certificate.tone == "success" else ("warning", "renewal fails")
        case "waiting":
            return ("current", note) if certificate.tone == "info" else ("warning", "delayed")
        case _:
            return "danger", note


def _live(status: HostStatus, report: Report | None, certificate: CertificateState | None) -> tuple[State, str]:
    if status is HostStatus.PENDING:
        return "ahead", ""
    if status is HostStatus.DISABLED:
        return "danger", "switched off"
    if certificate and not certificate.serves:
        return ("ahead", "") if certificate.status == "waiting" else ("danger", "not over https")
    if status is HostStatus.ACTIVE:
        return "done", ""
    return ("danger", "nobody gets here") if report and report.points_here is False else ("warning", "not for long")


def _of(status: HostStatus, *, pending: State, active: State, lost: State) -> State:
    return {HostStatus.PENDING: pending, HostStatus.ACTIVE: active}.get(status, lost)
