"""What all tables share."""

from enum import StrEnum

from sqlalchemy import BigInteger, Enum, Integer, MetaData
from sqlmodel import SQLModel

# Without names of our own, SQLite cannot drop a constraint later.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


def word(kind: type[StrEnum]) -> Enum:
    """A column that holds the enum's value as plain text: readable, and the same everywhere."""
    values = [member.value for member in kind]
    return Enum(kind, native_enum=False, length=20, values_callable=lambda _: values)


# Ids of these are in links that outlive the row: a number must never be given out again.
NEVER_REUSED = {"sqlite_autoincrement": True}

# The numbers of letters: ten million a day would use up those of 32 bits within a year. SQLite's
# integers have 64 bits, and only by this name are they given out by themselves.
MANY = BigInteger().with_variant(Integer, "sqlite")
