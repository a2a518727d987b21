"""The HLS media playlist of one encrypted track (RFC 8216bis), written for a session: its key line leads to the session's own
key, in the one of two forms that the player reads.

Elsewhere the playlists lie beside the segments. Both forms in one playlist stop hls.js, so the player's side chooses.
"""

from __future__ import annotations

from base64 import b64encode
from math import ceil
from typing import Literal, TypeAlias

from matinee.api.delivery import Location
from matinee.services.playback.contract import Session
from matinee.terms.rendition import Rendition

Keys: TypeAlias = Literal["eme", "identity"]
"""`eme`: the browser's Clear Key module asks the licence route (hls.js). `identity`: the player fetches the plain key (Shaka
Player, and apps that decrypt by themselves)."""


def media(session: Session, rendition: Rendition, location: Location, keys: Keys, key_url: str) -> bytes:
    """Equal segments, the last one shorter, as in the DASH manifest. What all URLs share stands once, as a variable."""
    count = rendition.segments or max(1, ceil(session.duration_ms / session.segment_ms))
    lengths = [session.segment_ms] * (count - 1)
    lengths.append(max(1, session.duration_ms - sum(lengths)))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:11",
        f"#EXT-X-TARGETDURATION:{ceil(max(lengths) / 1000)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-DEFINE:NAME="at",VALUE="{location.url}{rendition.folder}/"',
        _key(session, keys, key_url),
        '#EXT-X-MAP:URI="{$at}init.mp4"',
    ]
    for number, length in enumerate(lengths, 1):
        lines += [f"#EXTINF:{length / 1000:.3f},", f"{{$at}}{number:05d}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


def _key(session: Session, keys: Keys, key_url: str) -> str:
    if keys == "identity":
        return f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{key_url}",KEYFORMAT="identity",KEYFORMATVERSIONS="1"'
    kid = b64encode(bytes.fromhex(session.key_id or "")).decode()
    uri = f"data:text/plain;base64,{kid}"
    return f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{uri}",KEYFORMAT="org.w3.clearkey",KEYFORMATVERSIONS="1"'
