"""The doctor of domains: asks the DNS about a claim and tells what is wrong, most probably, and what to do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from saas.core.clock import now
from saas.core.runtime import settings
from saas.domains.answers import Answer, Ask
from saas.domains.diagnosis import diagnose
from saas.domains.findings import Findings, View, find
from saas.domains.judging import goes_round, is_proven, leads_here, points_here, proves, verdict_of
from saas.domains.records import Claim, Record, records_for
from saas.domains.reports import RecordReport, Report

__all__ = ["RecordReport", "Report", "examine"]


def examine(claim: Claim, ask: Ask, moment: datetime | None = None) -> Report:
    """Ask everybody and judge, as of a moment (now). Takes as long as ``ask`` allows; never raises for what the network does.

    CAA records matter where certificates are made for each host.
    """
    authority = settings().acme_caa if settings().certificates != "none" else ""
    return judge(find(claim, ask), moment or now(), authority)


def judge(found: Findings, moment: datetime, authority: str) -> Report:
    """What answers come to; ``authority`` is who makes certificates, as CAA records name it (empty: whoever)."""
    told = diagnose(found, authority)
    return Report(
        at=moment,
        proven=is_proven(found),
        points_here=points_here(found),
        cause=told.cause,
        sentence=told.sentence,
        advice=told.advice,
        records=tuple(_reports(found)),
    )


def _reports(found: Findings) -> Iterator[RecordReport]:
    for record in records_for(found.claim):
        answers = tuple(_shown(record, view) for view in (*found.views, found.own))
        votes = [_vote(record, view, found) for view in found.views]
        verdict = verdict_of(zip(votes, answers, strict=False))
        strays = found.circle and record.purpose == "pointing" and verdict == "missing"
        yield RecordReport(record, "wrong" if strays else verdict, answers)


def _vote(record: Record, view: View, found: Findings) -> bool | None:
    """Whether somebody sees the record, or what serves in its place."""
    if record.type == "TXT":
        return proves(view.txt, found.claim)
    if record.type == "CNAME":
        return leads_here(view, found)
    answer = _shown(record, view)
    if answer.kind == "failed":
        return goes_round(answer, found)
    return record.value in answer.values and {*answer.values} <= found.ours


def _shown(record: Record, view: View) -> Answer:
    """What was received where the record is expected: for a CNAME the names that it led to, else the addresses."""
    if record.type != "CNAME":
        return {"TXT": view.txt, "A": view.a}.get(record.type, view.aaaa)
    seen = view.a.chain or (*view.a.values, *view.aaaa.values)
    if view.a.kind == "failed":
        return view.a
    return replace(view.a, kind="found" if seen else view.a.kind, values=seen)
