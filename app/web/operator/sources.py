"""The sources: how each fares, and those that the operator names here beside the setting's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import AfterValidator
from sqlmodel import Session

from app.errors import BadValue
from app.languages import english
from app.mail import foreign
from app.pipeline import catalogue
from app.store import chosen, deeds, sources
from app.store.sources import Standing
from app.store.tables import ChosenSource
from app.web.deps import NowDep, PagesDep, SessionDep
from app.web.operator.session import ActingDep, Visit, VisitDep
from app.web.typed import fit

router = APIRouter(prefix="/sources")
N_DIGESTS = 40
SOURCE_DAYS = timedelta(days=7)
# Each takes its time in every round.
MOST = 50
MANY = english("There are {most} sources already. Remove one first.", most=MOST)
IN_SETTING = english("“{name}” stands in PAPERBOY_SOURCES already.")
HERE = english("“{name}” is here already.")
DONE = {
    "named": english("It is asked with the next round, within ten minutes."),
    "paused": english("It is asked no more until you let it go on."),
    "resumed": english("It is asked again, within ten minutes."),
    "removed": english("It is asked no more. What it brought stays."),
    "gone": english("There is no such source any more."),
}


@dataclass(frozen=True)
class Desk:
    """What every answer here is made with. fixed: the names of the setting's sources."""

    session: SessionDep
    pages: PagesDep
    now: NowDep
    request: Request

    @property
    def fixed(self) -> tuple[str, ...]:
        found: tuple[str, ...] = self.request.app.state.watched.sources
        return found

    def show(
        self,
        visit: Visit,
        typed: str = "",
        problems: Mapping[str, str] = MappingProxyType({}),
        done: str = "",
    ) -> Response:
        """The page; what was typed is given back where it could not be used."""
        since = (self.now - SOURCE_DAYS).date()
        own = [row for row in chosen.all_of(self.session) if row.name not in self.fixed]
        return self.pages.show(
            "operator/sources",
            status=400 if problems else 200,
            visit=visit,
            typed=typed,
            problems=problems,
            done=DONE.get(done, ""),
            standings=sources.standings(self.session, self.fixed, since),
            own=_with_standings(self.session, own, since),
            digests=sources.latest_digests(self.session, N_DIGESTS),
        )

    def name(self, visit: Visit, typed: str) -> None:
        """Name what was typed, all of it or nothing. Raises BadValue, field "source"."""
        names = [each.name for each in catalogue.typed(typed)]
        if len(chosen.all_of(self.session)) + len(names) > MOST:
            raise BadValue("source", MANY)
        known = {row.name for row in chosen.all_of(self.session)}
        for name in names:
            if name in {*self.fixed, *known}:
                said = english(IN_SETTING if name in self.fixed else HERE, name=name)
                raise BadValue("source", said)
        for name in names:
            chosen.add(self.session, name, self.now)
            self.note(visit, "named a source", name)

    def note(self, visit: Visit, action: str, name: str) -> None:
        """Leave a trace."""
        deeds.add(self.session, self.now, visit.who, action, name)


def _with_standings(
    session: Session, rows: Sequence[ChosenSource], since: date
) -> list[tuple[ChosenSource, Standing]]:
    standings = sources.standings(session, [row.name for row in rows], since)
    return list(zip(rows, standings, strict=True))


DeskDep = Annotated[Desk, Depends(Desk)]
# As long as a name may be, and room for what is tamed away.
Name = Annotated[str, Form(max_length=2 * catalogue.LONGEST), AfterValidator(fit)]


@router.get("")
def read(desk: DeskDep, visit: VisitDep, done: str = "") -> Response:
    """How sources fare; what was read last, from where, and what of it could not be."""
    return desk.show(visit, done=done)


@router.post("")
def name(
    desk: DeskDep, visit: ActingDep, pages: PagesDep, source: Annotated[str, Form()] = ""
) -> Response:
    """Name a source, as PAPERBOY_SOURCES would."""
    try:
        desk.name(visit, source)
    except BadValue as e:
        typed = foreign.tame(source)[: catalogue.LONGEST]
        return desk.show(visit, typed, {"source": e.said})
    return pages.go("/operator/sources?done=named")


@router.post("/pause")
def pause(desk: DeskDep, visit: ActingDep, pages: PagesDep, name: Name = "") -> Response:
    """Ask it no more for now."""
    if not chosen.pause(desk.session, name, paused=True):
        return pages.go("/operator/sources?done=gone")
    desk.note(visit, "paused a source", name)
    return pages.go("/operator/sources?done=paused")


@router.post("/resume")
def resume(desk: DeskDep, visit: ActingDep, pages: PagesDep, name: Name = "") -> Response:
    """Ask it again."""
    if not chosen.pause(desk.session, name, paused=False):
        return pages.go("/operator/sources?done=gone")
    desk.note(visit, "let a source go on", name)
    return pages.go("/operator/sources?done=resumed")


@router.post("/remove")
def remove(desk: DeskDep, visit: ActingDep, pages: PagesDep, name: Name = "") -> Response:
    """Ask it no more."""
    if not chosen.remove(desk.session, name):
        return pages.go("/operator/sources?done=gone")
    desk.note(visit, "removed a source", name)
    return pages.go("/operator/sources?done=removed")
