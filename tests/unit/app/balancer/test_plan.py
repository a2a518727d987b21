from __future__ import annotations

from pathlib import Path

import pytest

from matinee.app.balancer import haproxy, nginx
from matinee.app.balancer.engine import choose
from matinee.app.balancer.plan import GatewayAt, Plan, gateway_at, plain
from matinee.app.balancer.target import printed
from matinee.app.home import Home
from matinee.app.targets import ordered
from matinee.config import BalancerSettings, GatewaySettings, Settings
from matinee.runtime.errors import Invalid, Unavailable

OWN, SIXTH, FAR = (
    GatewayAt("home", "10.0.0.1", 8080),
    GatewayAt("home", "fd00::1", 8080),
    GatewayAt("away", "10.1.0.1", 80),
)


def plan(*gateways: GatewayAt, **more: str) -> Plan:
    return Plan("127.0.0.1", 8000, "home", gateways or (OWN, SIXTH, FAR), Path("/tmp/x"), **more)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("url", "at"),
    [
        ("http://10.0.0.1:8080", OWN),
        ("http://[fd00::1]:8080", SIXTH),
        ("http://gateway-1.internal", GatewayAt("home", "gateway-1.internal", 80)),
        ("unix:/run/matinee/gw.sock", GatewayAt("home", path="/run/matinee/gw.sock")),
    ],
)
def test_where_a_gateway_is(url: str, at: GatewayAt) -> None:
    assert gateway_at(url, "home") == at


@pytest.mark.parametrize(
    "url",
    [
        "https://a",
        "ftp://a",
        "",
        "unix:",
        "http://a b:80",
        "http://a:99999",
        "http://a:0",
        'unix:/x"\n    bind *:1',
        "http://a;evil:80",
        "unix:relative",
        "http://a:80\nserver x",
    ],
)
def test_what_must_not_come_into_a_configuration(url: str) -> None:
    with pytest.raises(Invalid):
        gateway_at(url, "home")


def test_haproxy_has_the_own_zone_first_and_the_others_as_backup() -> None:
    lines = haproxy.configuration(plan(OWN, SIXTH, FAR)).splitlines()
    assert "    server home-10.0.0.1-8080 10.0.0.1:8080" in lines
    assert "    server home-fd00..1-8080 [fd00::1]:8080" in lines
    assert "    server away-10.1.0.1-80 10.1.0.1:80 backup" in lines


def test_nginx_has_the_own_zone_first_and_the_others_as_backup() -> None:
    text = nginx.configuration(plan(OWN, FAR))
    assert "server 10.0.0.1:8080 max_fails=1 fail_timeout=2s;" in text
    assert "server 10.1.0.1:80 max_fails=1 fail_timeout=2s backup;" in text
    assert "random two" not in text
    assert "random two least_conn;" in nginx.configuration(plan(OWN, SIXTH))


def test_who_drains_is_given_nothing_new() -> None:
    draining = GatewayAt("home", "10.0.0.2", 8080, draining=True)
    assert "server home-10.0.0.2-8080 10.0.0.2:8080 weight 0\n" in haproxy.configuration(plan(OWN, draining))
    assert "server 10.0.0.2:8080 down;" in nginx.configuration(plan(OWN, draining))


def test_of_what_clients_say_of_themselves_nothing_stays() -> None:
    for tells in ("x-forwarded-for", "forwarded", "proxy"):
        text = haproxy.configuration(plan(tells=tells))
        for name in ("x-forwarded-for", "forwarded", "x-forwarded-proto", "x-forwarded-host"):
            assert f"http-request del-header {name}\n" in text
    assert "set-header x-forwarded-for %[src]\n" in haproxy.configuration(plan())
    assert "send-proxy-v2-ssl check-send-proxy" in haproxy.configuration(plan(tells="proxy"))
    assert "send-proxy" not in haproxy.configuration(plan())
    assert 'proxy_set_header Forwarded "";' in nginx.configuration(plan())
    assert 'proxy_set_header X-Forwarded-For "";' in nginx.configuration(plan(tells="forwarded"))


def test_with_no_gateway_it_says_so() -> None:
    empty = Plan("127.0.0.1", 8000, "home", (), Path("/tmp/x"))
    assert "No gateway is known" in haproxy.configuration(empty)
    assert "down;" in nginx.configuration(empty)


def test_a_certificate_must_be_a_file_that_can_be_named(tmp_path: Path) -> None:
    good = tmp_path / "both.pem"
    good.touch()
    assert plain([str(good)]) == (str(good),)
    for wrong in (str(tmp_path / "none.pem"), f'{good}" crt "/etc/shadow', f"{good}\n"):
        with pytest.raises(Invalid):
            plain([wrong])


def test_what_is_missing_is_one_sentence() -> None:
    with pytest.raises(Unavailable, match="neither haproxy nor nginx is installed"):
        choose("", search="/nonexistent")
    with pytest.raises(Unavailable, match="apt-get install nginx"):
        choose("nginx", search="/nonexistent")


def test_printed_without_a_registry(tmp_path: Path) -> None:
    asked = BalancerSettings(
        gateways={"home": ["http://10.0.0.1:80"], "away": ["http://10.1.0.1:80"]}, engine="haproxy"
    )
    text = printed(Settings(balancer=asked), Home(tmp_path), "away", 9000)
    assert "bind 127.0.0.1:9000\n" in text
    assert "server away-10.1.0.1-80 10.1.0.1:80\n" in text
    assert "server home-10.0.0.1-80 10.0.0.1:80 backup\n" in text
    assert text.replace("/balancer/", "/one/") == printed(Settings(balancer=asked), Home(tmp_path), "away", 9000, "one")
    own = printed(Settings(gateway=GatewaySettings(port=8181)), Home(tmp_path), "", 0)
    assert "127.0.0.1:8181" in own


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="needs certificates"):
        printed(Settings(balancer=BalancerSettings(redirect_port=80)), Home(tmp_path), "", 0)
    with pytest.raises(Invalid, match="PROXY protocol"):
        printed(Settings(balancer=BalancerSettings(engine="nginx", proxy_protocol=True)), Home(tmp_path), "", 0)


def test_a_balancer_runs_only_where_it_is_asked_for() -> None:
    assert "balancer" not in ordered(["all"])
    assert ordered(["all", "balancer"])[-1] == "balancer"
    assert ordered(["balancer"]) == ["balancer"]
