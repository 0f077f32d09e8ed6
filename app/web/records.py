"""A reader's address, feeds and records: change it, read them elsewhere, take all away, delete."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from app.errors import BadValue
from app.languages import english
from app.mail import syndication
from app.pipeline import erasure, moving, notices
from app.store import dossier, subscribers
from app.store.tables import LetterKind, Subscriber
from app.web import deps, typed
from app.web.deps import LetterheadDep, NowDep, PagesDep, SessionDep
from app.web.reader import ActiveDep, ReaderDep

router = APIRouter(prefix="/preferences/{token}", dependencies=[Depends(deps.own_pages_only)])

DONE = {
    "asked": english(
        "If this address can take your letters, a short mail is on its way to it. Your "
        "letters go there once the button behind its link is pressed."
    ),
    "erase": english(
        "A short mail is on its way to you. Only when the button behind its link is pressed "
        "is everything deleted."
    ),
}


@dataclass(frozen=True)
class Desk:
    """What every route here answers with: the page of one reader."""

    token: str
    session: SessionDep
    head: LetterheadDep
    pages: PagesDep
    now: NowDep

    def show(
        self,
        reader: Subscriber,
        done: str = "",
        problems: Mapping[str, str] = MappingProxyType({}),
        wanted: str = "",
    ) -> Response:
        """The page; wanted: an address that could not be used, given back."""
        links, reader_id = self.head.links, reader.id or 0
        return self.pages.show(
            "records",
            status=400 if problems else 200,
            token=self.token,
            reader=reader,
            done=DONE.get(done, ""),
            problems=problems,
            wanted=wanted,
            feeds={form: links.feed(reader_id, reader.version, form) for form in syndication.FORMS},
        )

    def go(self, done: str) -> Response:
        """Back to the page, which then says what was done."""
        return self.pages.go(f"/preferences/{self.token}/records?done={done}")


DeskDep = Annotated[Desk, Depends(Desk)]


@router.get("/records")
def show(reader: ReaderDep, desk: DeskDep, done: str = "") -> Response:
    """Address, feeds, download and deletion."""
    return desk.show(reader, done)


@router.post("/address")
def ask_to_move(
    reader: ActiveDep,
    session: SessionDep,
    desk: DeskDep,
    email: typed.Text = "",
) -> Response:
    """Ask at a new address. The answer says nothing of whose it is."""
    tokens = desk.head.links.tokens
    try:
        normal = typed.read_address(email)
        moving.request(session, tokens, reader, normal, desk.now, desk.head.domain)
    except BadValue as e:
        return desk.show(reader, problems={"email": e.said}, wanted=email)
    return desk.go("asked")


@router.post("/renew")
def renew(reader: ActiveDep, session: SessionDep, desk: DeskDep) -> Response:
    """Make every link so far void, and mail a new one."""
    subscribers.renew_links(session, reader)
    notices.queue(session, reader, LetterKind.LINK, desk.now, desk.head.domain)
    return desk.pages.show("renewed")


@router.post("/erase")
def ask_to_erase(reader: ReaderDep, session: SessionDep, desk: DeskDep) -> Response:
    """Mail the last question: whoever found a link shall not delete what is another's."""
    try:
        erasure.request(session, reader, desk.now, desk.head.domain)
    except BadValue as e:
        return desk.show(reader, problems={"erase": e.said})
    return desk.go("erase")


@router.get("/everything.json")
def everything(reader: ReaderDep, session: SessionDep) -> Response:
    """All that we hold of them."""
    told = json.dumps(dossier.of(session, reader), ensure_ascii=False, indent=1, default=_plain)
    headers = {"Content-Disposition": 'attachment; filename="paperboy.json"'}
    return Response(told, media_type="application/json", headers=headers)


def _plain(value: date | datetime) -> str:
    return value.isoformat()
