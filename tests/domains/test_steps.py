"""The steps of a domain: each tells what holds now."""

import pytest

from saas.core.clock import now
from saas.domains.certificates.states import CertificateState
from saas.domains.records import Record
from saas.domains.reports import RecordReport, Report, Verdict
from saas.domains.statuses import HostStatus
from saas.domains.steps import steps_of

PENDING, ACTIVE, FAILING, DISABLED = HostStatus
TXT = Record("TXT", "_domain-verify.portal.example.com", "domain-verify=x", "ownership")


def report(proven: bool | None, here: bool | None, verdict: Verdict = "missing") -> Report:
    return Report(now(), proven, here, "good", "", "", (RecordReport(TXT, verdict, ()),))


GOOD, UNASKED = report(True, True, "found"), report(None, None, "unknown")
NOTHING, PROOF_GONE, ASTRAY = report(False, False), report(False, True), report(True, False, "wrong")


def certificate(status: str, tone: str) -> CertificateState:
    return CertificateState(status, "", tone)


NONE, GOT = certificate("none", "neutral"), certificate("active", "success")


def told(status: HostStatus, found: Report | None, about: CertificateState | None = None) -> list[str]:
    return [f"{step.state}: {step.note}".removesuffix(": ") for step in steps_of(status, found, about)]


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (None, ["current", "ahead", "ahead", "ahead", "ahead"]),
        (NOTHING, ["current: missing", "ahead", "ahead", "ahead", "ahead"]),
        (ASTRAY, ["current: wrong", "ahead", "ahead", "ahead", "ahead"]),
        (UNASKED, ["ahead", "current: nobody could be asked", "ahead", "ahead", "ahead"]),
        (GOOD, ["done", "done", "danger: refused", "ahead", "ahead"]),
    ],
)
def test_of_a_claim_nothing_is_done_that_was_not_found(found, steps):
    assert told(PENDING, found) == steps


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (GOOD, ["done", "done", "done"]),
        (UNASKED, ["done", "warning: nobody could be asked", "done"]),
        (PROOF_GONE, ["warning: missing", "done", "done"]),  # of one that is spared the proof is not missed
    ],
)
def test_of_a_connected_domain_what_holds_is_done(found, steps):
    assert told(ACTIVE, found, GOT) == [*steps, "done", "done"]


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (
            NOTHING,
            ["danger: missing", "danger: failed", "danger: the proof is gone", "done", "danger: nobody gets here"],
        ),
        (ASTRAY, ["danger: wrong", "danger: failed", "done", "done", "danger: nobody gets here"]),
        (
            PROOF_GONE,
            ["danger: missing", "danger: failed", "danger: the proof is gone", "done", "warning: not for long"],
        ),
        (
            UNASKED,
            [
                "danger: wrong when last seen",
                "warning: nobody could be asked",
                "warning: nobody could be asked",
                "done",
                "warning: not for long",
            ],
        ),
    ],
)
def test_of_a_failing_domain_what_is_lost_is_named(found, steps):
    assert told(FAILING, found, GOT) == steps


def test_of_one_that_is_switched_off_nothing_goes_on():
    off = ["danger: no longer", "ahead", "danger: switched off"]
    assert told(DISABLED, NOTHING) == ["danger: missing", "danger: failed", *off]
    refused = ["danger: refused", "ahead", "danger: switched off"]
    assert told(DISABLED, GOOD) == ["done", "done", *refused]


@pytest.mark.parametrize(
    ("about", "steps"),
    [
        (NONE, ["unneeded: not needed", "done"]),
        (certificate("elsewhere", "neutral"), ["unneeded: by the web server", "done"]),
        (certificate("waiting", "info"), ["current: being made", "ahead"]),
        (certificate("waiting", "warning"), ["warning: delayed", "ahead"]),
        (certificate("failed", "danger"), ["danger: failed", "danger: not over https"]),
        (certificate("expired", "danger"), ["danger: expired", "danger: not over https"]),
        (certificate("active", "warning"), ["warning: renewal fails", "done"]),
        (GOT, ["done", "done"]),
    ],
)
def test_a_certificate_is_done_when_it_is_there_and_good(about, steps):
    assert told(ACTIVE, GOOD, about)[3:] == steps
