"""Fitted models, a file each in a folder: what takes half a minute to fit is fitted once.

A file is an .npz of plain arrays, nothing that could run when it is read, and behind it a seal: a
checksum that also depends on FORMAT and on the model's id. So a file that is damaged, renamed or
of another format is told before anything of it is read.
"""

import hashlib
import io
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.errors import UnusableModel
from app.recommend.tastes import Tastes
from app.recommend.vectors import Model

# Raise it whenever `_pack` writes anything else.
FORMAT = 2
KEPT = 3
SEAL = 32  # bytes
# No writer needs so long: a draft that much older than a finished model was left by a crash.
ABANDONED = 3600 * 10**9  # ns

_Name = TypeVar("_Name", int, str)
_Arrays = Mapping[str, NDArray[Any]]


def keep(folder: Path, model: Model) -> None:
    """Write a model, whole or not at all; of all in the folder the KEPT last used stay.

    Of those that readers' likes have taught only this one stays: who takes their consent back is
    not to live on in an older one.

    Whoever writes the same model at the same time does no harm. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{model.id}.{secrets.token_hex(8)}.draft"
    path = _path(folder, model.id)
    try:
        _write(draft, model)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _drop_old(folder, path, KEPT if model.tastes is None else 1)


def load(folder: Path, model_id: str) -> Model | None:
    """Read a kept model back, equal to the last bit; None where there is none of this id.

    Raises UnusableModel, and OSError where the file cannot be read at all.
    """
    path = _path(folder, model_id)
    try:
        body, seal = _read(path)
    except FileNotFoundError:
        return None
    if seal != _seal(model_id, body):
        raise UnusableModel(f"{path} is damaged, or another version's or another model's file.")
    with suppress(OSError):  # a folder we may not write in need not know what is in use
        os.utime(path)
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return _unpack(model_id, arrays)


def newest(folder: Path) -> str | None:
    """The id of the model last written or used; None where none is kept."""
    kept = sorted(folder.glob("*.npz"), key=_written)
    return kept[-1].stem if kept else None


def _path(folder: Path, model_id: str) -> Path:
    return folder / f"{model_id}.npz"


def _seal(model_id: str, body: bytes) -> bytes:
    key = f"paperboy model {FORMAT} {model_id}".encode()
    return hashlib.blake2b(body, key=key, digest_size=SEAL).digest()


def _write(path: Path, model: Model) -> None:
    archive = io.BytesIO()
    np.savez(archive, **_pack(model))
    body = archive.getvalue()
    with path.open("xb") as stream:
        stream.write(body)
        stream.write(_seal(model.id, body))
        stream.flush()
        os.fsync(stream.fileno())


def _read(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        # In two: cutting it would copy it, and it may be large.
        return stream.read(max(size - SEAL, 0)), stream.read()


def _drop_old(folder: Path, newest: Path, n_kept: int) -> None:
    # The one just written stays even where the clock was set back since the others were.
    others = sorted(set(folder.glob("*.npz")) - {newest}, key=_written, reverse=True)
    dead = _written(newest) - ABANDONED
    drafts = [draft for draft in folder.glob("*.draft") if _written(draft) < dead]
    for path in (*others[n_kept - 1 :], *drafts):
        path.unlink(missing_ok=True)


def _written(path: Path) -> int:
    """When, in nanoseconds; 0 for a file that somebody else has removed meanwhile."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _pack(model: Model) -> dict[str, Any]:
    return {
        "n_learned": np.array(model.n_learned),
        "paper_ids": np.array(_in_order(model.row_of), dtype=np.int64),
        "terms": _text(model.terms),
        "idf": model.idf,
        "stems": _text(model.surfaces.keys()),
        "surfaces": _text(model.surfaces.values()),
        "forms": _text(model.forms),
        "pairs": model.pairs,
        "pivots": model.pivots,
        "themes": model.themes,
        "facet_names": _text(_in_order(model.facet_of)),
        **_parts("rows", model.rows),
        **_parts("facets", model.facets),
        **(_pack_tastes(model.tastes) if model.tastes else {}),
    }


def _pack_tastes(learned: Tastes) -> dict[str, NDArray[Any]]:
    return {
        "trust": np.array(learned.trust),
        "placed": learned.placed,
        "known": learned.known,
        "bridge": learned.bridge,
        "taught": learned.taught,
    }


def _unpack(model_id: str, arrays: _Arrays) -> Model:
    paper_ids = arrays["paper_ids"].tolist()
    terms, facet_names = _lines(arrays["terms"]), _lines(arrays["facet_names"])
    stems, surfaces = _lines(arrays["stems"]), _lines(arrays["surfaces"])
    return Model(
        id=model_id,
        rows=_csr("rows", arrays, (len(paper_ids), len(terms))),
        n_learned=int(arrays["n_learned"]),
        row_of=_numbered(paper_ids),
        vocabulary=_numbered(terms),
        idf=arrays["idf"],
        surfaces=dict(zip(stems, surfaces, strict=True)),
        forms=_lines(arrays["forms"]),
        pairs=arrays["pairs"],
        pivots=arrays["pivots"],
        themes=arrays["themes"],
        facets=_csr("facets", arrays, (len(paper_ids), len(facet_names))),
        facet_of=_numbered(facet_names),
        tastes=_unpack_tastes(arrays) if "trust" in arrays else None,
    )


def _unpack_tastes(arrays: _Arrays) -> Tastes:
    return Tastes(
        trust=float(arrays["trust"]),
        placed=arrays["placed"],
        known=arrays["known"],
        bridge=arrays["bridge"],
        taught=arrays["taught"],
    )


def _parts(name: str, rows: sparse.csr_array) -> dict[str, NDArray[Any]]:
    parts = {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr}
    return {f"{name}.{part}": array for part, array in parts.items()}


def _csr(name: str, arrays: _Arrays, shape: tuple[int, int]) -> sparse.csr_array:
    parts = (arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
    return sparse.csr_array(tuple(parts), shape)


def _text(lines: Iterable[str]) -> NDArray[np.uint8]:
    # As JSON, for a category may hold any sign, a line break and half a surrogate pair too.
    return np.frombuffer(json.dumps(list(lines)).encode(), dtype=np.uint8)


def _lines(text: NDArray[np.uint8]) -> list[str]:
    lines: list[str] = json.loads(text.tobytes())
    return lines


def _in_order(numbers: Mapping[_Name, int]) -> list[_Name]:
    return sorted(numbers, key=numbers.__getitem__)


def _numbered(names: list[_Name]) -> dict[_Name, int]:
    return dict(zip(names, range(len(names)), strict=True))  # twice as fast as in a loop
