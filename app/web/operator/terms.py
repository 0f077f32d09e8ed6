"""Words that the database keeps, as the operator's pages say them in other languages.

What a server answered, and the sentences of brakes, stay as they were written down.
"""

from app.languages import english

TERMS = (
    # Who somebody is to us.
    *(english("pending"), english("active"), english("unsubscribed")),
    # What kind a letter is, and what became of it.
    *(english("daily"), english("confirm"), english("link"), english("move"), english("moved")),
    *(english("erase"), english("ready"), english("claimed"), english("in data")),
    *(english("in doubt"), english("sent"), english("deferred"), english("failed")),
    *(english("skipped"), english("suppressed")),
    english("no new papers"),
    english("no new paper fits their interests"),
    english("missed by more than 12 hours"),
    english("letters of that day are no longer kept"),
    english("due before the database was restored from a backup: sent then, or not at all"),
    # What was said of a paper, and what came back.
    *(english("like"), english("dislike"), english("save")),
    *(english("hard"), english("soft"), english("complaint")),
    # What a source answered.
    *(english("fresh"), english("empty"), english("stale"), english("throttled")),
    english("unreadable"),
    # What became of what people sent in.
    *(english("accepted"), english("declined")),
    # What failed for good.
    *(english("given up"), english("not made"), english("connection"), english("other")),
    *(english("address"), english("mailbox"), english("server"), english("network")),
    *(english("protocol"), english("content"), english("policy")),
    # What an operator did.
    *(english("held sending"), english("took a brake off"), english("sent again")),
    *(english("lifted a suppression"), english("log-in refused"), english("logged in")),
    english("logged out"),
    *(english("named a source"), english("paused a source"), english("let a source go on")),
    *(english("removed a source"), english("accepted a submission")),
    *(english("declined a submission"), english("looked for a submission again")),
    *(english("took a submission back"), english("command line")),
)
