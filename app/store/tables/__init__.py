"""The tables. Datetimes are aware and UTC, on every database; `day` columns are plain dates.

Names in the first line of each class's docstring are those of the design's word list.
"""

from app.store.tables.base import NEVER_REUSED, metadata
from app.store.tables.community import Submission, SubmissionState, Support
from app.store.tables.letters import Letter, LetterKind, OutboxEntry, Pick, State, Tally
from app.store.tables.pages import Consent, Deed, Means, Permit, Tap
from app.store.tables.papers import Digest, Entry, Paper, PaperName, VoteSnapshot
from app.store.tables.people import Feedback, Interest, Status, Subscriber
from app.store.tables.sending import Allowance, Bounce, BounceKind, Brake, Heartbeat, Suppression
from app.store.tables.sources import ChosenSource, Host, Source, SourceDay, SourceState

__all__ = [
    "NEVER_REUSED",
    "Allowance",
    "Bounce",
    "BounceKind",
    "Brake",
    "ChosenSource",
    "Consent",
    "Deed",
    "Digest",
    "Entry",
    "Feedback",
    "Heartbeat",
    "Host",
    "Interest",
    "Letter",
    "LetterKind",
    "Means",
    "OutboxEntry",
    "Paper",
    "PaperName",
    "Permit",
    "Pick",
    "Source",
    "SourceDay",
    "SourceState",
    "State",
    "Status",
    "Submission",
    "SubmissionState",
    "Subscriber",
    "Support",
    "Suppression",
    "Tally",
    "Tap",
    "VoteSnapshot",
    "metadata",
]
