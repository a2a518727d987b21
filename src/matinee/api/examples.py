"""One example for each route of the API; a test holds them against the types."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from matinee.services.playback.contract import HEARTBEAT_S
from matinee.terms.routing import Route


class Example(Struct, frozen=True):
    """What is asked and answered, as JSON values; `parameters` by name. An answer that is no JSON is its text."""

    asks: Any = None
    answers: Any = None
    parameters: dict[str, Any] = {}


_HEX = "01a1fdfa460070349be9cd064bdc9384"
_AT, _LATER = "2026-11-21T12:00:00Z", "2026-12-21T12:00:00Z"
_FLOW = {
    "per_s": 40.2,
    "failed": 0.0012,
    "refused": 0.0,
    "retries_per_s": 0.1,
    "p50_s": 0.004,
    "p90_s": 0.012,
    "p99_s": 0.085,
    "recent": [38.0, 40.2],
    "recent_failed": [0.0, 0.2],
}
_GATEWAY_NOW = {
    "name": "core.gateway@films",
    "zone": "home",
    "old": False,
    "heard_s": 0.4,
    "up_s": 86400.0,
    "draining": False,
    "connections": 212,
    "in_flight": 3,
    "limit": 1000.0,
    "lag_s": 0.0004,
    "per_s": 40.2,
}
_ORIGIN_NOW = {
    "name": "api",
    "in_flight": 3,
    "limit": 64.0,
    "shed_per_s": 0.0,
    "flow": _FLOW,
    "instances": [
        {
            "name": "core.api@films",
            "zone": "home",
            "state": "up",
            "seen_by": 1,
            "ejected_by": 0,
            "in_flight": 3,
            "ejections": 0,
            "utilization": 0.31,
            "flow": _FLOW,
        }
    ],
}
_FILTER = {
    "kind": "inbound",
    "name": "PassportSwap",
    "on": True,
    "percent": 100.0,
    "runs": 193088,
    "failures": 0,
    "mean_s": 0.000021,
    "source": "",
}
_JOURNEY: dict[str, Any] = {
    "id": f"req_{_HEX}",
    "trace": _HEX,
    "at": _AT,
    "gateway": "core.gateway@films",
    "zone": "home",
    "why": "failed",
    "method": "POST",
    "target": "/api/play/ttl_01a1fdfa460070349be9cd064bdc9384",
    "route": "play",
    "origin": "api",
    "account": f"acc_{_HEX}",
    "status": 504,
    "category": "FAILURE_ORIGIN_READ_TIMEOUT",
    "body_ms": 1.2,
    "filters_ms": 3.4,
    "first_ms": 60003.5,
    "ended_ms": 60003.5,
    "waits": [{"filter": "PassportSwap", "began_ms": 0.1, "ended_ms": 3.3}],
    "tries": [
        {
            "instance": "core.api@films",
            "zone": "home",
            "reused": True,
            "began_ms": 3.4,
            "sent_ms": 3.5,
            "answered_ms": None,
            "ended_ms": 60003.4,
            "status": 0,
            "category": "FAILURE_ORIGIN_READ_TIMEOUT",
        }
    ],
}
_TITLE_ID, _IMAGE_ID, _SESSION_ID = f"ttl_{_HEX}", f"img_{_HEX}", f"ses_{_HEX}"
_PRICE = {"amount": 1299, "currency": "EUR"}
_PLAN = {"id": "standard", "name": "Standard", "price": _PRICE, "streams": 2, "max_height": 1080}
_PROFILE = {"id": f"prf_{_HEX}", "name": "Ada", "maturity": 18, "avatar": 0, "locked": False}
_ACCOUNT: dict[str, Any] = {
    "id": f"acc_{_HEX}",
    "email": "ada@example.org",
    "name": "Ada",
    "roles": [],
    "home_territory": "DE",
    "created_at": _AT,
}
_SUBSCRIPTION = {
    "id": f"sub_{_HEX}",
    "account_id": f"acc_{_HEX}",
    "plan": _PLAN,
    "status": "active",
    "paid_through": _LATER,
    "plays_until": _LATER,
    "cancel_at_period_end": False,
    "card": "Visa •••• 4242",
}
_INVOICE = {
    "id": f"inv_{_HEX}",
    "number": 1,
    "plan": "standard",
    "price": _PRICE,
    "status": "paid",
    "period_start": _AT,
    "period_end": _LATER,
    "paid_at": _AT,
}
_ITEM = {
    "id": _TITLE_ID,
    "title": "Metropolis",
    "year": 1927,
    "maturity": 7,
    "genres": ["Drama"],
    "duration_s": 9180.0,
    "poster_url": f"/api/images/{_IMAGE_ID}",
    "progress": 0.5,
    "kind": "film",
    "episode": None,
    "portrait_url": f"/api/images/{_IMAGE_ID}",
}
_SERIES_ID = f"ttl_{_HEX[:-1]}5"
_PLACE = {"series_id": _SERIES_ID, "series_title": "The Dark Ages", "season": 1, "number": 2, "number_to": None}
_EPISODE = {
    "id": _TITLE_ID,
    "title": "The Well",
    "synopsis": "A village without water.",
    "episode": _PLACE,
    "maturity": 7,
    "duration_s": 2400.0,
    "picture_url": f"/api/images/{_IMAGE_ID}",
    "resume_position_s": 600.0,
    "progress": 0.25,
}
_STUDIO_TITLE: dict[str, Any] = {
    "id": _TITLE_ID,
    "state": "published",
    "title": "Metropolis",
    "synopsis": "A city of the future.",
    "year": 1927,
    "genres": ["Drama"],
    "maturity": 7,
    "language": "de",
    "rights": {"territories": [], "starts_at": None, "ends_at": None},
    "duration_s": 9180.0,
    "poster_url": f"/api/images/{_IMAGE_ID}",
    "created_at": _AT,
    "published_at": _AT,
    "kind": "film",
    "episode": None,
    "translations": {"en": {"title": "Metropolis", "synopsis": "A city of the future."}},
    "revision": 3,
}
_SERIES: dict[str, Any] = {
    **_STUDIO_TITLE,
    "id": _SERIES_ID,
    "state": "draft",
    "kind": "series",
    "title": "The Dark Ages",
    "translations": {},
    "duration_s": 0.0,
    "poster_url": None,
    "published_at": None,
    "revision": 1,
}
_TASK: dict[str, Any] = {
    "step": "rungs.3",
    "attempt": 1,
    "state": "Started",
    "reason": None,
    "progress": 0.25,
    "message": "",
    "started_at": _AT,
    "finished_at": None,
}
_STAGE: dict[str, Any] = {
    "name": "rungs",
    "what": "making better pictures",
    "state": "running",
    "steps": 12,
    "done": 3,
    "running": 1,
    "progress": 0.27,
    "message": "",
    "tasks": [_TASK],
}
_PREPARATION: dict[str, Any] = {
    "id": f"upl_{_HEX}",
    "title_id": _TITLE_ID,
    "title": "Metropolis",
    "filename": "metropolis.mkv",
    "phase": "improving",
    "step": "rungs",
    "progress": 0.4,
    "message": "",
    "created_at": _AT,
    "version": 3,
    "eta_s": 312.5,
    "doing": "making better pictures",
    "paused": False,
    "retryable": False,
    "findings": [
        {
            "kind": "loudness",
            "message": "The sound has a loudness of -14.2 LUFS; it is brought to that of all films here.",
            "mended": True,
            "at": [],
        }
    ],
    "stages": [_STAGE],
}
_FILM_JOB: dict[str, Any] = {
    "id": f"job_{_HEX}",
    "name": "ingest",
    "group": "ingest",
    "preparation_id": f"upl_{_HEX}",
    "title_id": _TITLE_ID,
    "title": "Metropolis",
    "filename": "metropolis.mkv",
    "state": "Accepted",
    "reason": None,
    "message": "",
    "paused": False,
    "progress": 0.4,
    "eta_s": 312.5,
    "created_at": _AT,
    "version": 17,
    "stages": [_STAGE],
}
_CANCELED_JOB = {**_FILM_JOB, "state": "Finished", "reason": "killed", "message": "It was canceled.", "eta_s": None}
_JOB_ID = {"job_id": f"job_{_HEX}"}
_REPORT = {
    "appliance_id": "cdn-a",
    "url": "http://{host}:8081",
    "zone": "a",
    "boot": "7f3a",
    "load": 0.1,
    "healthy": True,
    "encodes": [f"{_TITLE_ID}/enc_{_HEX}"],
    "bytes_served": 1048576,
    "origin_bytes": 0,
    "version": "0.1.0",
}
_INSTANCE: dict[str, Any] = {
    "id": "api-2.api@films",
    "service": "api",
    "url": "http://127.0.0.1:9002",
    "zone": "a",
    "version": "0.1.0",
    "state": "up",
    "since": _AT,
    "marked": None,
}
_PROPERTY: dict[str, Any] = {
    "name": "gateway.limits",
    "value": {"in_flight": 1000},
    "version": 3,
    "by": f"acc_{_HEX}",
    "at": _AT,
    "comment": "a quiet evening",
}
_PROPERTY_NAME = {"property_name": "gateway.limits"}
_KEY = {"Idempotency-Key": "3e8b1c1e-5d7a-4a0e-9a54-1f6f2d1c9b10"}
_CHAPTER = {"start_s": 0.0, "title": "The city of the sons"}
_PICTURE: dict[str, Any] = {
    "id": _IMAGE_ID,
    "shape": "landscape",
    "url": f"/api/images/{_IMAGE_ID}",
    "width": 1920,
    "height": 1080,
    "score": 5.7,
    "supplied": False,
    "chosen": True,
    "picked": False,
}

_TITLE, _IMAGE, _SESSION = {"title_id": _TITLE_ID}, {"image_id": _IMAGE_ID}, {"session_id": _SESSION_ID}
_PROFILE_ID, _JOB = {"profile_id": f"prf_{_HEX}"}, {"preparation_id": f"upl_{_HEX}"}
_UPLOAD = {"upload_id": f"upl_{_HEX}", "Tus-Resumable": "1.0.0"}
_TOKEN = {"token": f"{_SESSION_ID}.qL8R4QIcQ"}
_CHALLENGE = {"challenge_id": "3f6b7c"}
_AT_SESSION = f"http://localhost:8080/api/play/sessions/{_SESSION_ID}"

_ROUTE: dict[str, Any] = {"name": "api", "match": {"prefix": "/api"}, "to": "api"}
_WHOLE_ROUTE: dict[str, Any] = msgspec.to_builtins(msgspec.convert(_ROUTE, Route))
_APPLIED_ROUTES: dict[str, Any] = {
    "version": 3,
    "applied": True,
    "changes": {
        "added": ["moved"],
        "removed": [],
        "changed": [{"name": "play", "fields": ["priority"]}],
        "reordered": False,
        "moved": [{"request": "GET /old/x", "before": "", "after": "moved"}],
    },
    "remarks": [],
}

BY_OPERATION: dict[str, Example] = {
    "signup.plans": Example(
        answers={
            "plans": [_PLAN],
            "provider": "simulated",
            "payment_page_url": "/api/payments/simulated/card",
        }
    ),
    "signup.sign_up": Example(
        asks={
            "email": "ada@example.org",
            "password": "correct horse",
            "name": "Ada",
            "plan": "standard",
            "payment_method": "pm_card_visa",
        },
        answers={"account_id": f"acc_{_HEX}", "profile_id": f"prf_{_HEX}", "access_token": "q1w2e3"},
        parameters=_KEY,
    ),
    "payments.card_html": Example(answers="<!doctype html>…"),
    "payments.page_css": Example(answers=":root { … }"),
    "payments.card_js": Example(answers='"use strict"; …'),
    "payments.challenge_js": Example(answers='"use strict"; …'),
    "payments.test_cards": Example(answers={"cards": [{"number": "4242424242424242", "meaning": "Pays"}]}),
    "payments.tokenize": Example(
        asks={"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"},
        answers={"payment_method": "pm_3f6b7c", "card": "Visa •••• 4242"},
    ),
    "payments.challenge_page": Example(answers="<!doctype html>…", parameters=_CHALLENGE),
    "payments.answer_challenge": Example(
        asks={"approve": True}, answers={"return_url": "/signup"}, parameters=_CHALLENGE
    ),
    "payments.webhook": Example(parameters={"provider": "simulated"}),
    "account.log_in": Example(
        asks={"email": "ada@example.org", "password": "correct horse", "device": "Living room"},
        answers={"access_token": "q1w2e3", "account": _ACCOUNT, "profiles": [_PROFILE]},
    ),
    "account.who_am_i": Example(answers={"account": _ACCOUNT, "profile": _PROFILE, "profiles": [_PROFILE]}),
    "account.log_out": Example(),
    "account.choose_profile": Example(asks={"profile_id": f"prf_{_HEX}", "pin": "1234"}, answers=_PROFILE),
    "account.membership": Example(answers={"account": _ACCOUNT, "subscription": _SUBSCRIPTION}),
    "account.invoices": Example(answers={"invoices": [_INVOICE]}),
    "account.subscribe": Example(
        asks={"plan": "standard", "payment_method": "pm_card_visa"}, answers=_SUBSCRIPTION, parameters=_KEY
    ),
    "account.cancel": Example(answers={**_SUBSCRIPTION, "cancel_at_period_end": True}),
    "account.resume": Example(answers=_SUBSCRIPTION),
    "account.change_card": Example(
        asks={"payment_method": "pm_card_mastercard"},
        answers={**_SUBSCRIPTION, "card": "Mastercard •••• 4444"},
        parameters=_KEY,
    ),
    "household.profiles": Example(answers={"profiles": [_PROFILE]}),
    "household.create_profile": Example(
        asks={"name": "Kid", "maturity": 7, "avatar": 3},
        answers={**_PROFILE, "name": "Kid", "maturity": 7, "avatar": 3},
    ),
    "household.update_profile": Example(
        asks={"pin": "1234"}, answers={**_PROFILE, "locked": True}, parameters=_PROFILE_ID
    ),
    "household.delete_profile": Example(parameters=_PROFILE_ID),
    "household.devices": Example(
        answers={
            "devices": [
                {"id": f"lgn_{_HEX}", "device": "Living room", "created_at": _AT, "last_seen_at": _AT, "current": True}
            ]
        }
    ),
    "household.end_device": Example(parameters={"login": f"lgn_{_HEX}"}),
    "discovery.home": Example(
        answers={
            "rows": [
                {
                    "id": "continue-watching",
                    "title": "Continue watching",
                    "reason": "You have not seen the end yet",
                    "items": [_ITEM],
                }
            ],
            "preparing": [],
        }
    ),
    "discovery.search": Example(answers={"items": [_ITEM]}, parameters={"q": "metro"}),
    "discovery.genres": Example(answers={"genres": [{"id": "drama", "name": "Drama"}]}),
    "discovery.genre": Example(answers={"items": [_ITEM], "next": None}, parameters={"genre_id": "drama"}),
    "discovery.title": Example(
        answers={
            **_ITEM,
            "id": _SERIES_ID,
            "title": "The Dark Ages",
            "kind": "series",
            "duration_s": 0.0,
            "progress": 0.25,
            "synopsis": "A village in winter.",
            "languages": ["de"],
            "subtitles": ["en"],
            "resume_position_s": 600.0,
            "playable": True,
            "chapters": [],
            "series": {
                "seasons": [{"number": 1, "episodes": 3}],
                "season": 1,
                "episodes": [_EPISODE],
                "next": None,
                "up_next": _EPISODE,
            },
        },
        parameters={"title_id": _SERIES_ID, "season": 1},
    ),
    "discovery.forget": Example(parameters=_TITLE),
    "images.image": Example(parameters={**_IMAGE, "w": 320}),
    "play.play": Example(
        asks={"device": {"screen": {"width": 1920, "height": 1080}, "codecs": ["avc1.64001f"], "downlink_kbps": 9000}},
        answers={
            "session_id": _SESSION_ID,
            "title": {"id": _TITLE_ID, "title": "Metropolis", "episode": None},
            "manifests": {
                "dash": f"{_AT_SESSION}/manifest.mpd?token=t",
                "hls": f"{_AT_SESSION}/master.m3u8?token=t",
            },
            "protection": "clearkey",
            "appliances": [{"id": "cdn-a", "url": "http://localhost:8081", "rank": 0}],
            "steering_url": f"{_AT_SESSION}/steering?token=t",
            "resume_position_s": 0.0,
            "duration_s": 9180.0,
            "heartbeat_url": f"{_AT_SESSION}/heartbeat",
            "heartbeat_s": HEARTBEAT_S,
            "next": None,
            "chapters": [{"start_s": 0.0, "title": "The city of the sons"}],
            "thumbnails": f"{_AT_SESSION}/thumbnails.vtt?token=t",
            "licence": {"url": f"{_AT_SESSION}/licence?token=t"},
            "contents_url": f"{_AT_SESSION}?token=t",
        },
        parameters=_TITLE,
    ),
    "play.heartbeat": Example(asks={"position_s": 61.5, "state": "playing", "at": _AT}, parameters=_SESSION),
    "play.stop": Example(parameters=_SESSION),
    "manifests.contents": Example(
        answers={"complete": False, "renditions": ["v240", "a-en"]}, parameters={**_SESSION, **_TOKEN}
    ),
    "manifests.hls_playlist": Example(
        answers="#EXTM3U\n…", parameters={**_SESSION, **_TOKEN, "rendition_id": "v240", "at": "cdn-a"}
    ),
    "licence.preflight": Example(parameters=_SESSION),
    "licence.licence": Example(
        asks={"kids": ["AQIDBAUGBwgJCgsMDQ4PEA"], "type": "temporary"},
        answers={
            "keys": [{"kty": "oct", "k": "EA8ODQwLCgkIBwYFBAMCAQ", "kid": "AQIDBAUGBwgJCgsMDQ4PEA"}],
            "type": "temporary",
        },
        parameters={**_SESSION, **_TOKEN},
    ),
    "licence.plain_key": Example(answers="sixteen bytes", parameters={**_SESSION, **_TOKEN}),
    "manifests.dash_manifest": Example(answers="<MPD …/>", parameters={**_SESSION, **_TOKEN}),
    "manifests.hls_master": Example(answers="#EXTM3U\n…", parameters={**_SESSION, **_TOKEN}),
    "manifests.webvtt_thumbnails": Example(
        answers="WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nhttps://…/00001.jpg#xywh=0,0,240,136\n",
        parameters={**_SESSION, **_TOKEN},
    ),
    "manifests.steering": Example(
        answers={
            "VERSION": 1,
            "TTL": 10,
            "RELOAD-URI": f"{_AT_SESSION}/steering?token=t",
            "PATHWAY-PRIORITY": ["cdn-a", "cdn-b"],
        },
        parameters={**_SESSION, **_TOKEN, "_HLS_pathway": "cdn-a", "_HLS_throughput": "9000000"},
    ),
    "beacon.beacon": Example(
        asks={
            "events": [
                {
                    "id": "b7f4c1d2",
                    "kind": "impression",
                    "name": "row",
                    "at": _AT,
                    "title_id": _TITLE_ID,
                    "data": {"row": "new"},
                }
            ]
        }
    ),
    "studio.titles": Example(answers={"titles": [_STUDIO_TITLE], "next": None}),
    "studio.create_series": Example(
        asks={"metadata": {"title": "The Dark Ages", "language": "en", "maturity": 7}}, answers=_SERIES, parameters=_KEY
    ),
    "studio.title": Example(answers=_STUDIO_TITLE, parameters=_TITLE),
    "studio.episodes": Example(
        answers={"titles": [{**_STUDIO_TITLE, "kind": "episode", "title": "The Well", "episode": _PLACE}]},
        parameters={"title_id": _SERIES_ID},
    ),
    "studio.update_title": Example(
        asks={"year": 1927, "genres": ["Drama"], "revision": 3}, answers=_STUDIO_TITLE, parameters=_TITLE
    ),
    "studio.delete_title": Example(parameters=_TITLE),
    "studio.publish": Example(answers=_STUDIO_TITLE, parameters=_TITLE),
    "studio.withdraw": Example(answers={**_STUDIO_TITLE, "state": "withdrawn"}, parameters=_TITLE),
    "chapters.chapters": Example(answers={"chapters": [_CHAPTER]}, parameters=_TITLE),
    "chapters.set_chapters": Example(
        asks={"chapters": [_CHAPTER]}, answers={"chapters": [_CHAPTER]}, parameters=_TITLE
    ),
    "artwork.artwork": Example(answers={"pictures": [_PICTURE]}, parameters=_TITLE),
    "artwork.choose_artwork": Example(
        asks={"shape": "landscape", "image_id": _IMAGE_ID}, answers={"pictures": [_PICTURE]}, parameters=_TITLE
    ),
    "artwork.upload_artwork": Example(answers={"pictures": [_PICTURE]}, parameters={**_TITLE, "shape": "landscape"}),
    "artwork.drop_artwork": Example(answers={"pictures": []}, parameters={**_TITLE, **_IMAGE}),
    "studio.preparations": Example(answers={"cursor": 3, "preparations": [_PREPARATION]}),
    "studio.preparation": Example(answers=_PREPARATION, parameters=_JOB),
    "studio.preparations_of": Example(
        answers={"preparations": [{**_PREPARATION, "phase": "playable", "step": "", "doing": "", "eta_s": None}]},
        parameters=_TITLE,
    ),
    "studio.cancel_preparation": Example(answers={**_PREPARATION, "phase": "canceled"}, parameters=_JOB),
    "studio.retry_preparation": Example(answers=_PREPARATION, parameters={**_JOB, "step": "rungs.3"}),
    "studio.pause_preparation": Example(answers={**_PREPARATION, "paused": True}, parameters=_JOB),
    "studio.resume_preparation": Example(answers=_PREPARATION, parameters=_JOB),
    "jobs.every": Example(answers={"jobs": [_FILM_JOB], "next": None}),
    "jobs.one": Example(answers={"job": _FILM_JOB, "tasks": [_TASK]}, parameters=_JOB_ID),
    "jobs.pause": Example(answers={**_FILM_JOB, "paused": True}, parameters=_JOB_ID),
    "jobs.resume": Example(answers=_FILM_JOB, parameters=_JOB_ID),
    "jobs.retry": Example(answers=_FILM_JOB, parameters={**_JOB_ID, "step": "rungs.3"}),
    "jobs.cancel": Example(answers=_CANCELED_JOB, parameters=_JOB_ID),
    "uploads.options": Example(),
    "uploads.create": Example(
        parameters={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": "734003200",
            "Upload-Metadata": "filename bWV0cm9wb2xpcy5ta3Y=,title TWV0cm9wb2xpcw==",
        }
    ),
    "uploads.progress": Example(parameters=_UPLOAD),
    "uploads.resume": Example(
        parameters={
            **_UPLOAD,
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Checksum": "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=",
        }
    ),
    "uploads.terminate": Example(parameters=_UPLOAD),
    "uploads.override": Example(parameters={**_UPLOAD, "X-HTTP-Method-Override": "DELETE"}),
    "operations.advance_clock": Example(asks={"advance_s": 86400}, answers={"now": _AT}),
    "operations.appliances": Example(answers={"appliances": [{"report": _REPORT, "seen_at": _AT, "up": True}]}),
    "instances.instances": Example(
        answers={"cursor": 1795258800000, "instances": [_INSTANCE], "whole": True},
        parameters={"after": -1, "wait_s": 20},
    ),
    "instances.drain": Example(
        answers={**_INSTANCE, "state": "draining", "marked": "draining"}, parameters={"instance_id": _INSTANCE["id"]}
    ),
    "instances.up": Example(answers=_INSTANCE, parameters={"instance_id": _INSTANCE["id"]}),
    "properties.properties": Example(
        answers={"cursor": 12, "properties": [_PROPERTY]}, parameters={"after": -1, "wait_s": 20}
    ),
    "properties.versions": Example(answers={"cursor": 12, "properties": [_PROPERTY]}, parameters=_PROPERTY_NAME),
    "properties.assign": Example(
        asks={"value": {"in_flight": 1000}, "comment": "a quiet evening", "if_version": 2},
        answers=_PROPERTY,
        parameters=_PROPERTY_NAME,
    ),
    "properties.roll_back": Example(
        asks={"version": 1, "comment": "a loud evening"},
        answers={**_PROPERTY, "version": 4},
        parameters=_PROPERTY_NAME,
    ),
    "traffic.live": Example(
        answers={
            "at": _AT,
            "old": False,
            "whole": _FLOW,
            "categories": {"SUCCESS": 2412, "FAILURE_ORIGIN_READ_TIMEOUT": 3},
            "gateways": [_GATEWAY_NOW],
            "routes": [{"name": "play", "origin": "api", "flow": _FLOW}],
            "origins": [_ORIGIN_NOW],
            "filters": [_FILTER],
        }
    ),
    "traffic.requests": Example(
        answers={"requests": [_JOURNEY], "next": None},
        parameters={"why": "failed", "status": "5xx", "route": "play", "limit": 50},
    ),
    "traffic.one": Example(answers=_JOURNEY, parameters={"request_id": _JOURNEY["id"]}),
    "open_connect.report": Example(asks=_REPORT),
    "open_connect.manifest": Example(
        answers={
            "version": 4,
            "encodes": [
                {
                    "encode_path": f"{_TITLE_ID}/enc_{_HEX}",
                    "files": [{"path": f"{_TITLE_ID}/enc_{_HEX}/v720/init.mp4", "size": 812, "sha256": "0" * 64}],
                }
            ],
        },
        parameters={"after": 3, "wait_s": 20},
    ),
    "routing.now": Example(answers={"version": 2, "table": {"routes": [_WHOLE_ROUTE]}, "of_house": False}),
    "routing.apply": Example(
        asks={"table": {"routes": [_ROUTE]}, "comment": "old links go on working", "if_version": 2},
        answers=_APPLIED_ROUTES,
        parameters={"dry_run": False},
    ),
    "routing.versions": Example(
        answers={"versions": [{"version": 2, "at": _AT, "by": f"acc_{_HEX}", "comment": "", "of_house": False}]}
    ),
    "routing.version": Example(
        answers={"version": 2, "table": {"routes": [_WHOLE_ROUTE]}, "of_house": False}, parameters={"version": 2}
    ),
    "routing.roll_back": Example(asks={"version": 1, "comment": ""}, answers=_APPLIED_ROUTES),
    "routing.explain": Example(
        asks={"path": "/api/play/x", "method": "POST", "headers": {"purpose": "prefetch"}},
        answers={
            "route": "play",
            "looks": [
                {"route": "play-ahead", "why_not": "it is not fetched ahead of need"},
                {"route": "play", "why_not": ""},
            ],
        },
    ),
    "open_connect.ended": Example(answers={"cursor": 9, "sessions": [_SESSION_ID]}, parameters={"after": -1}),
    "open_connect.keys": Example(answers={"keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "x": "…", "y": "…"}]}),
    "openapi.openapi_document": Example(answers={"openapi": "3.1.0"}),
}
