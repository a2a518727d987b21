"""A web server that shows films to players: what lies in a folder, and beside it a page of players."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = b"<!doctype html><meta charset=utf-8><title>Screens</title><body>"
STEERING = b'{"VERSION":1,"TTL":300,"PATHWAY-PRIORITY":["here"]}'
MADE = {
    "/screens": ("text/html", PAGE),
    "/steering": ("application/json", STEERING),
    "/favicon.ico": ("image/x-icon", b""),
}


class Handler(SimpleHTTPRequestHandler):
    """Speaks HTTP/1.1, so that a player keeps its connection. `troubles` holds what was asked for in vain."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012 - as the class above has it
        ".m3u8": "application/vnd.apple.mpegurl",
        ".mpd": "application/dash+xml",
        ".mp4": "video/mp4",
        ".m4s": "video/iso.segment",
        ".vtt": "text/vtt",
        "": "application/octet-stream",
    }

    def __init__(self, troubles: list[str], *arguments: object, directory: str) -> None:
        self.troubles = troubles
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        media_type, body = MADE.get(self.path.partition("?")[0], ("", b""))
        if not media_type:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - as the class above has it
        self.troubles.append(f"{self.path}: {format % args}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the class above has it
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A player that has seen enough hangs up."""


class Theatre:
    """Serves the films in `folder` on loopback until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._troubles: list[str] = []
        handler = partial(Handler, self._troubles, directory=str(folder))
        self._server = Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def address(self, file: Path) -> str:
        return f"{self.url}/{file.relative_to(self._folder).as_posix()}"

    def troubled(self) -> list[str]:
        """What was asked for in vain since the last look."""
        found = self._troubles.copy()
        self._troubles.clear()
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
