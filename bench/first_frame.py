"""From the press of play to the first frame on the screen, in a real browser with a cold cache."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from bench.harness import Peer, Rounds, free_port, needed, running
from bench.installation import Installation
from matinee.api import cookie
from matinee.app.ready import wait_ready

SHAKA = Path(__file__).parents[1] / "web" / "node_modules" / "shaka-player" / "dist" / "shaka-player.dash-es2021.js"
SHAKA_ANY = SHAKA.with_name("shaka-player.dash.js")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
WATCH = """
(() => {
  window.firstFrame = new Promise((resolve) => {
    const seen = new WeakSet();
    const watch = (video) => {
      if (seen.has(video)) return;
      seen.add(video);
      video.requestVideoFrameCallback((now) => resolve(now));
    };
    new MutationObserver(() => document.querySelectorAll("video").forEach(watch))
      .observe(document, { childList: true, subtree: true });
  });
  addEventListener("pointerdown", () => { window.pressed ??= performance.now(); }, { capture: true });
})();
"""
PAGE = """<!doctype html><meta charset="utf-8"><title>bare</title>
<style>video{width:100%}</style><button>Play</button><div></div>
<script src="/shaka.js"></script><script src="/page.js"></script>
"""
SCRIPT = """
shaka.polyfill.installAll();
document.querySelector("button").addEventListener("click", async () => {
  const video = document.createElement("video");
  document.querySelector("div").append(video);
  const player = new shaka.Player();
  await player.attach(video);
  await player.load("/film/manifest.mpd");
  await video.play();
});
"""
NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  types {{ text/html html; text/javascript js; application/dash+xml mpd; video/mp4 mp4 m4s; text/vtt vtt; }}
  access_log off; sendfile on;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/site; }}
}}
"""


def measure(folder: Path, rounds: Rounds, count: int) -> None:
    house = Installation(folder / "film", "up")
    with running([house.peer]):
        asyncio.run(wait_ready(house.home, ["core", "worker", "cdn-a", "cdn-b", "origin"]))
        title = house.film()
        token = house.members(1)[0]
        site = static(folder / "static", next((house.home.objects / "media" / title).iterdir()))
        with running([site]), browser() as chromium:
            for number in range(count + 1):
                ours, bare = our_page(chromium, house, title, token), bare_page(chromium, site.port)
                if number:  # the first of each also starts what the browser shares between pages
                    rounds.ratio("first_frame_ratio", ours, bare)
                    rounds.value("first_frame_ms", ours)
                    rounds.value("bare_first_frame_ms", bare)


def static(folder: Path, media: Path) -> Peer:
    """Nginx with the bare page, the player and the same files."""
    site = folder / "site"
    site.mkdir(parents=True)
    folder.parent.chmod(0o755)  # for nginx, whose worker is another user when root starts it
    (site / "index.html").write_text(PAGE)
    (site / "page.js").write_text(SCRIPT)
    shutil.copyfile(SHAKA if SHAKA.exists() else SHAKA_ANY, site / "shaka.js")
    shutil.copytree(media, site / "film")
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    command = [needed("nginx", "nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    return Peer("nginx", command, port, folder / "nginx.log")


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=needed("chromium", "chromium"), args=ARGUMENTS)
        yield chromium
        chromium.close()


def our_page(chromium: Browser, house: Installation, title: str, token: str) -> float:
    """Milliseconds from the press on the title's page."""
    context = chromium.new_context()
    url = f"http://localhost:{house.port}"
    context.add_cookies(
        [
            {"name": cookie.NAME, "value": token, "url": url, "httpOnly": True, "sameSite": "Lax"},
            {"name": cookie.MARK, "value": "1", "url": url, "sameSite": "Lax"},
        ]
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{url}/titles/{title}", wait_until="networkidle")
    taken = pressed(page, page.get_by_role("link", name=re.compile("^(Play|Resume)")))
    context.close()
    return taken


def bare_page(chromium: Browser, port: int) -> float:
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"http://localhost:{port}/", wait_until="networkidle")
    taken = pressed(page, page.get_by_role("button", name="Play"))
    context.close()
    return taken


def pressed(page: Page, button: Locator) -> float:
    button.first.click()
    return float(page.evaluate("window.firstFrame.then((at) => at - window.pressed)"))
