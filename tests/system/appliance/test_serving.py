from __future__ import annotations

import asyncio
import contextlib
import json
import os
from datetime import timedelta
from typing import Any

import pytest

DATA = os.urandom(600_000)


async def test_a_filled_file_is_given_whole_in_parts_and_by_its_tag(world: Any, eventually: Any) -> None:
    file = world.put("v/00001.m4s", DATA)
    async with world.running() as appliance:
        await world.want(file)
        await eventually(lambda: appliance.stats().encodes == 1)
        url = world.url("v/00001.m4s")
        status, headers, body = await world.get(url)
        assert (status, body) == (200, DATA)
        assert headers["content-type"] == "video/mp4"
        assert headers["cache-control"] == "private, max-age=31536000, immutable"
        assert headers["access-control-allow-origin"] == "*"
        assert {"Content-Range", "Server-Timing"} <= set(headers["access-control-expose-headers"].split(", "))
        assert headers["server-timing"] == "cdn-cache;desc=HIT"
        assert "set-cookie" not in headers
        etag = headers["etag"]

        async def part(*fields: str) -> tuple[int, str, bytes]:
            status, headers, body = await world.get(url, *fields)
            return status, headers.get("content-range", ""), body

        assert await part("Range: bytes=0-65535") == (206, "bytes 0-65535/600000", DATA[:65536])
        assert await part("range:bytes=599990-") == (206, "bytes 599990-599999/600000", DATA[-10:])
        assert await part("Range: bytes=-10") == (206, "bytes 599990-599999/600000", DATA[-10:])
        assert await part("Range: bytes=0-999999999999999999999999") == (206, "bytes 0-599999/600000", DATA)
        assert (await part("Range: bytes=600000-"))[:2] == (416, "bytes */600000")
        assert (await part(f"Range: bytes={'9' * 5000}-"))[:2] == (416, "bytes */600000")
        assert (await part("Range: bytes=-0"))[:2] == (416, "bytes */600000")
        for ignored in ("bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes=-", "bytes", "bytes=--1"):
            assert await part(f"Range: {ignored}") == (200, "", DATA), ignored
        assert (await part("Range: bytes=0-9", f"If-Range: {etag}"))[0] == 206
        assert (await part("Range: bytes=0-9", 'If-Range: "other"'))[0] == 200
        assert (await part("Range: bytes=0-9", "If-Range: Sat, 21 Nov 2026 10:00:00 GMT"))[0] == 200
        for same in (etag, f'"x", W/{etag}', "*"):
            assert await part(f"If-None-Match: {same}") == (304, "", b""), same
        assert (await part('If-None-Match: "x"'))[0] == 200
        status, headers, body = await world.get(url, method="HEAD")
        assert (status, headers["content-length"], body) == (200, "600000", b"")
        status, headers, _ = await world.get(
            "/", "Origin: http://a", "Access-Control-Request-Method: GET", method="OPTIONS"
        )
        assert (status, headers["access-control-allow-methods"]) == (204, "GET, HEAD, OPTIONS")
        assert (await world.get(url + "?CMCD=bl%3D4000%2Csid%3D%22x%22"))[2] == DATA


async def test_a_miss_is_pulled_once_for_all_who_wait_and_streamed_as_it_arrives(world: Any, eventually: Any) -> None:
    file = world.put("v/00001.m4s", DATA)
    async with world.running(fill_bps=8) as appliance:  # fill itself would take days
        world.hold_back["00001.m4s"] = held = asyncio.Event()
        await world.want(file)
        first = asyncio.create_task(world.get(world.url("v/00001.m4s")))
        await eventually(lambda: appliance.stats().bytes_served > 0)
        second = asyncio.create_task(world.get(world.url("v/00001.m4s", "ses_2"), "Range: bytes=10-19"))
        third = asyncio.create_task(world.get(world.url("v/00001.m4s", "ses_3"), "Range: bytes=-5"))
        assert (await second)[2] == DATA[10:20]
        assert (await second)[1]["server-timing"] == "cdn-cache;desc=MISS"
        assert not first.done()
        assert not third.done()
        held.set()
        assert (await first)[2] == DATA
        assert (await third)[2] == DATA[-5:]
        assert len(world.asked) == 1
        await eventually(lambda: appliance.stats().encodes == 1)
        assert (await world.get(world.url("v/00001.m4s")))[1]["server-timing"] == "cdn-cache;desc=HIT"
        assert appliance.stats().origin_bytes == len(DATA)


async def test_bytes_that_are_not_what_the_manifest_names_reach_nobody_whole(world: Any, eventually: Any) -> None:
    file = world.put("v/00001.m4s", DATA)
    world.put("v/00001.m4s", DATA[:-1] + bytes([DATA[-1] ^ 1]))
    async with world.running() as appliance:
        await world.want(file)
        await eventually(lambda: len(world.asked) >= 1 and appliance.stats().missing_files == 1)
        with contextlib.suppress(ConnectionResetError):  # where some bytes had gone out already
            assert (await world.get(world.url("v/00001.m4s")))[0] == 502
        assert not list((world.disk / "media").rglob("*.m4s"))
        assert appliance.stats().encodes == 0


async def test_tokens_are_refused_that_are_no_ones_expired_anothers_or_tampered_with(
    world: Any, eventually: Any
) -> None:
    file, other = world.put("v/1.m4s", DATA), world.put("v/1.m4s", b"other", encode="ttl_2/enc_1")
    async with world.running() as appliance:
        await world.want(file, other)
        await eventually(lambda: appliance.stats().encodes == 2)
        good = world.token()
        forged = world.own.sign({"iss": "matinee/steering", "sub": "s", "exp": 9e9, "cdniv": 1, "cdniuc": "regex:.*"})
        wide = world.keyring.sign(
            {"iss": "matinee/steering", "sub": "s", "exp": int(9e9), "cdniv": 1, "cdniuc": "regex:https?://[^/]+/.*"}
        )
        stranger = world.keyring.sign(
            {
                "iss": "matinee/accounts",
                "sub": "s",
                "exp": int(9e9),
                "cdniv": 1,
                "cdniuc": "regex:https?://[^/]+/ttl_1/.*",
            }
        )
        head, claims, mark = good.split(".")
        bad = {
            "": "media-token-missing",
            f"{good[:-4]}AAAA": "media-token-invalid",
            f"{head}.{claims[:-2]}AA.{mark}": "media-token-invalid",
            f"{head}.{claims}.": "media-token-invalid",
            f"{'A' * 9000}": "media-token-invalid",
            world.token(life=timedelta(seconds=-1)): "media-token-invalid",
            world.token(title="ttl_2"): "media-token-elsewhere",
            forged: "media-token-invalid",
            wide: "media-token-invalid",
            stranger: "media-token-invalid",
        }
        for token, kind in bad.items():
            for _ in range(2):  # the second time from memory
                prefix = f"/URISigningPackage={token}" if token else ""
                status, headers, body = await world.get(f"{prefix}/ttl_1/enc_1/v/1.m4s")
                assert (status, json.loads(body)["type"]) == (403, kind), token
                assert headers["content-type"] == "application/problem+json"
                assert headers["access-control-allow-origin"] == "*"
        assert (await world.get(world.url("v/1.m4s")))[0] == 200


async def test_a_token_stops_counting_when_it_expires(world: Any, eventually: Any) -> None:
    file = world.put("v/1.m4s", b"x")
    async with world.running() as appliance:
        await world.want(file)
        await eventually(lambda: appliance.stats().encodes == 1)
        url = f"/URISigningPackage={world.token(life=timedelta(seconds=2))}/ttl_1/enc_1/v/1.m4s"
        assert (await world.get(url))[0] == 200

        async def refused() -> bool:
            return (await world.get(url))[0] == 403

        await eventually(refused)


@pytest.mark.parametrize("how", ["ended", "withdrawn"])
async def test_bytes_stop_within_five_seconds_also_in_the_midst_of_an_answer(
    world: Any, eventually: Any, how: str
) -> None:
    big = os.urandom(1 << 20) * 24
    file, stays = world.put("v/big.m4s", big), world.put("v/1.m4s", b"x", encode="ttl_2/enc_1")
    async with world.running() as appliance:
        await world.want(file, stays)
        await eventually(lambda: appliance.stats().encodes == 2)
        reader, writer = await asyncio.open_connection("127.0.0.1", appliance.port, limit=1 << 16)
        kept_reader, kept = await asyncio.open_connection("127.0.0.1", appliance.port)
        url = world.url("v/big.m4s")
        small = f"GET {url} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n".encode()
        kept.write(small)
        assert (await kept_reader.readuntil(b"\r\n")).split()[1] == b"206"
        await kept_reader.readuntil(b"\r\n\r\n")
        await kept_reader.readexactly(1)
        writer.write(f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        if how == "ended":
            await world.end("ses_1")
        else:
            await world.want(stays)

        async def refused() -> bool:
            kept.write(small)
            status = int((await kept_reader.readuntil(b"\r\n")).split()[1])
            head = await kept_reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            await kept_reader.readexactly(int(length.split(b":")[1]))
            return status == (403 if how == "ended" else 404)

        await eventually(refused, within_s=5)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(len(big))
        assert (await world.get(world.url("v/1.m4s", "ses_2", encode="ttl_2/enc_1")))[0] == 200
        if how == "withdrawn":
            await eventually(lambda: not (world.disk / "media" / "ttl_1").exists())
        writer.close()
        kept.close()


async def test_a_session_that_ended_before_it_asked_is_refused(world: Any, eventually: Any) -> None:
    file = world.put("v/1.m4s", b"x")
    world.core.ended.append("ses_1")
    async with world.running() as appliance:
        await world.want(file)
        await eventually(lambda: appliance.stats().encodes == 1)
        status, _, body = await world.get(world.url("v/1.m4s"))
        assert (status, json.loads(body)["type"]) == (403, "session-ended")


async def test_it_reports_itself_and_follows_a_new_key(world: Any, eventually: Any) -> None:
    file = world.put("v/1.m4s", b"x")
    async with world.running(url="http://{host}:{port}", zone="north") as appliance:
        await world.want(file)
        await eventually(lambda: bool(world.core.reports) and world.core.reports[-1].encodes == ["ttl_1/enc_1"])
        report = world.core.reports[-1]
        assert (report.appliance_id, report.zone, report.boot, report.healthy) == ("cdn-a", "north", "boot_1", True)
        assert report.url == f"http://{{host}}:{appliance.port}"
        assert report.origin_bytes == 1
        world.keyring.rotate(world.clock.now())

        async def let_in() -> bool:
            return (await world.get(world.url("v/1.m4s", "ses_after_rotation")))[0] == 200

        await eventually(let_in)


async def test_a_title_that_the_core_has_just_named_is_there_at_once(world: Any) -> None:
    file = world.put("v/1.m4s", b"x")
    async with world.running():
        await world.want(file)
        assert (await world.get(world.url("v/1.m4s")))[0] == 200


async def test_the_disk_counts_after_a_start_without_a_core(world: Any, eventually: Any) -> None:
    file = world.put("v/1.m4s", DATA)
    async with world.running() as appliance:
        await world.want(file)
        await eventually(lambda: appliance.stats().encodes == 1)
        (world.disk / "incoming" / "left-by-a-crash").write_bytes(b"half")
        await eventually((world.disk / "manifest").exists)
    world.core.up = True
    world.asked.clear()
    world.core.manifest = type(world.core.manifest)(world.core.manifest.version, [])
    async with world.running() as appliance:
        assert appliance.stats().encodes == 1
        assert (await world.get(world.url("v/1.m4s")))[2] == DATA
        assert not world.asked
        assert not list((world.disk / "incoming").iterdir())
