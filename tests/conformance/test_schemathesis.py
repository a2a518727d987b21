"""schemathesis asks every route what its schema allows and what it does not, as each kind of person, and finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import furnished, opened
from installation import Installation, Person

SEED = os.environ.get("SCHEMATHESIS_SEED", "4")
SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "20"))
"""For each kind of person."""

SETTINGS = """
[parameters]
{real}
wait_s = 0 # long polls answer at once; `test_slow_clients.py` has those that wait

[generation]
with-security-parameters = false # they would stand beside our own credential, which counts

[checks.positive_data_acceptance]
# A signature, a card or a state that does not fit is told so, and no schema can say which does.
expected-statuses = ["2xx", "401", "402", "403", "404", "409", "429"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "411", "412", "413", "414", "415", "429", "431"]

[checks.ensure_resource_availability]
enabled = false # the title asked for is the one named above, whichever was made before

[[operations]]
include-operation-id = [
    "account.change_card", "account.subscribe", "payments.tokenize", "payments.webhook", "signup.sign_up",
    "studio.create_series", "studio.update_title", # of two dates the later comes second
    "artwork.upload_artwork", # a picture of one point is a picture
    "routing.apply", "routing.roll_back", "routing.explain", "properties.assign", "properties.roll_back", # checked by what they say
]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "402", "403", "404", "409", "429"]

[[operations]]
include-path-regex = "^/api/studio/preparations/" # one that was cancelled stays in the queue, and says so
checks.use_after_free.enabled = false

[[operations]]
include-tag = "uploads" # tus has an answer of its own to another version, and metadata is a language in a header
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "412", "413", "415"]
"""
ENDS_THE_LOGIN = ("account.log_out", "household.end_device")
GOES_ON = ("push.socket", "push.events")
"""Has no end that could be waited for, or is no HTTP."""


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Installation]:
    """One of its own: nobody can say what is left of it."""
    for made in opened():
        yield furnished(made)


@pytest.fixture(scope="module")
def people(fuzzed: Installation) -> dict[str, Person]:
    """Logged in before so many wrong passwords come from this address that it has to wait."""
    return {"a member": fuzzed.sign_up("Eve"), "staff": fuzzed.staff()}


@pytest.mark.timeout(SECONDS * 2 + 120)
@pytest.mark.parametrize("who", ["nobody", "a member", "staff"])
def test_schemathesis_finds_nothing(fuzzed: Installation, people: dict[str, Person], who: str, tmp_path: Path) -> None:
    title = fuzzed.titles["draft"]
    real = (
        f'title_id = "{title["id"]}"\nimage_id = "{title["poster_url"].rpartition("/")[2]}"' if who == "staff" else ""
    )
    (tmp_path / "schemathesis.toml").write_text(SETTINGS.replace("{real}", real))
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{fuzzed.url}/api/openapi.json"]
    command += ["--max-time", str(SECONDS), "--no-color", "--continue-on-failure", "--seed", SEED]
    command += ["--request-timeout", "20", "--suppress-health-check", "all"]
    for operation in ENDS_THE_LOGIN + GOES_ON:
        command += ["--exclude-operation-id", operation]
    if who in people:
        command += ["--header", f"Authorization: Bearer {people[who].token}"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schemathesis_hooks.py"))}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS * 2 + 90
    )
    found = done.stdout.partition(" FAILURES ")[2].partition(" WARNINGS ")[0] or done.stdout[-5000:]
    assert done.returncode == 0, found[:20_000] + done.stderr[-2000:]
    assert "Tested:" in done.stdout
