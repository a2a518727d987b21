from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from matinee.events.live.search_index import document
from matinee.runtime.events import Event
from matinee.services.search.contract import Document
from matinee.terms.maturity import Maturity

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TITLE = "ttl_" + "0" * 31 + "1"


def test_a_title_becomes_a_document() -> None:
    data: dict[str, Any] = {
        "revision": 3,
        "state": "published",
        "title": "Film",
        "synopsis": "",
        "year": None,
        "genres": ["Drama"],
        "maturity": 16,
        "territories": ["DE"],
        "popularity": 1e9,
        "poster_id": None,
    }
    told = Event("evt_1", "matinee/catalog", "matinee.title.published", NOW, TITLE, data)
    assert document(told) == Document(TITLE, 3, "Film", "", None, ["Drama"], Maturity.SIXTEEN, ["DE"])
    del data["maturity"]
    with pytest.raises(msgspec.ValidationError):
        document(told)
