"""`matinee up --lan`: a browser that has installed the house's root plays a film over https, at this machine's own address."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import Browser, Page

from matinee.app.secure import addresses

if TYPE_CHECKING:
    from conftest import Player

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("certutil") is None, reason="no certutil on the PATH (Debian: libnss3-tools)"),
]


ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--autoplay-policy=no-user-gesture-required"]


class Network:
    """A house for a home network, and the root that its page gives away."""

    def __init__(self, folder: Path) -> None:
        self.home, self.log = folder / "h", folder / "log"
        self.host = (addresses() or ["127.0.0.1"])[0]
        self.port, self.appliances_from = _free_port(), _free_port()
        self.url = f"https://{self.host}:{self.port}"
        self.person: dict[str, str] = {}

    def install(self, folder: Path) -> None:
        """Takes the root from the page and trusts it, as the browser started with this folder as HOME does."""
        page = re.search(r"http://\S+:(\d+)/ ", self.log.read_text())
        assert page is not None
        offered = f"http://127.0.0.1:{page[1]}"
        told = httpx.get(offered).text
        root = httpx.get(offered + "/matinee-root.crt")
        assert root.headers["content-type"] == "application/x-x509-ca-cert"
        fingerprint = re.search(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", self.log.read_text())
        assert fingerprint is not None
        assert fingerprint[0] in told
        file, database = folder / "root.crt", folder / ".pki" / "nssdb"
        file.write_bytes(root.content)
        database.mkdir(parents=True)
        for arguments in (["-N", "--empty-password"], ["-A", "-n", "matinee", "-t", "C,,", "-i", str(file)]):
            subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], check=True, capture_output=True)
        self.trusting = ssl.create_default_context(cadata=root.content)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def network(reels: Path, eventually: Callable[[Callable[[], bool], float], bool]) -> Iterator[Network]:
    folder = Path(tempfile.mkdtemp(prefix="ml", dir="/tmp"))
    made = Network(folder)
    environment = {**os.environ, "MATINEE_APPLIANCES_FIRST_PORT": str(made.appliances_from), "COLUMNS": "200"}
    matinee = [sys.executable, "-m", "matinee"]
    with made.log.open("wb") as log:
        command = [*matinee, "up", "--lan", "--home", str(made.home), "--port", str(made.port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        eventually(lambda: "compare the fingerprint" in made.log.read_text(), 60)
        added = [*matinee, "add", str(reels / "bare.mp4"), "--title", "Bare", "--maturity", "0", "--wait"]
        done = subprocess.run(
            [*added, "--home", str(made.home)], capture_output=True, text=True, check=False, timeout=90
        )
        assert done.returncode == 0, done.stdout + done.stderr
        made.person = json.loads((made.home / "secrets" / "logins.json").read_text())[1]
        yield made
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        shutil.rmtree(folder)


LOG_IN = """async ([email, password]) => {
  const post = (path, body) => fetch(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const session = await (await post('/api/session', { email, password })).json();
  await post('/api/session/profile', { profile_id: session.profiles[0].id });
  const found = await (await fetch('/api/discovery/search?q=bare')).json();
  const keys = await navigator.requestMediaKeySystemAccess('org.w3.clearkey', [{
    initDataTypes: ['cenc'], videoCapabilities: [{ contentType: 'video/mp4; codecs="avc1.42E01E"' }] }]);
  return [window.isSecureContext, keys.keySystem, document.cookie, found.items[0].id];
}"""


def test_a_film_plays_over_https_at_this_machines_address(
    network: Network, browser: Browser, player: type[Player], tmp_path: Path
) -> None:
    network.install(tmp_path)
    own = browser.browser_type.launch(
        executable_path=shutil.which("chromium"), args=ARGUMENTS, env={"HOME": str(tmp_path)}
    )
    try:
        page: Page = own.new_page(base_url=network.url)
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto("/")
        person = network.person
        secure, system, scripts_see, title = page.evaluate(LOG_IN, [person["email"], person["password"]])
        assert (secure, system) == (True, "org.w3.clearkey")
        assert "matinee_session" not in scripts_see
        cookie = next(one for one in page.context.cookies() if one["name"] == "matinee_session")
        assert (cookie["secure"], cookie["httpOnly"]) == (True, True)
        page.goto(f"/titles/{title}")
        page.get_by_role("link", name="Play").click()
        player(page).wait_past(1.0)
        media = [url for url in fetched if "URISigningPackage" in url]
        assert media
        assert all(url.startswith(f"https://{network.host}:") for url in media)
        assert not [url for url in fetched if url.startswith("http:")]
    finally:
        own.close()
