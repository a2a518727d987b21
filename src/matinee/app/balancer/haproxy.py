"""HAProxy's configuration (2.4 or newer): pure text of a plan."""

from __future__ import annotations

from matinee.app.balancer.plan import GatewayAt, Plan

IDLE_S, SILENT_S, TUNNEL_S = 75, 90, 3600

_GLOBAL = """\
global
    log stderr format raw daemon notice
    hard-stop-after {tunnel}s
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    stats socket "{folder}/control.sock" mode 600 level admin expose-fd listeners

defaults
    log global
    mode http
    option dontlognull
    # a client whose connection an old process still holds gets one more answer, and with it the word to connect anew
    option idle-close-on-response
    # a request that no gateway could take goes to another; one that may have been done only where twice is as once
    option redispatch 1
    retries 4
    retry-on conn-failure empty-response
    timeout connect 500ms
    timeout http-request 10s
    timeout http-keep-alive {idle}s
    timeout client {silent}s
    timeout server {silent}s
    timeout queue 5s
    timeout tunnel {tunnel}s
    timeout client-fin 10s
"""

_FRONTEND = """
frontend viewers
    bind {at}{tls}
    http-request disable-l7-retry unless METH_GET or {{ method HEAD OPTIONS PUT DELETE }}
{told}    default_backend gateways
"""

_REDIRECT = """
frontend plain
    bind {at}
    http-request redirect scheme https code 308
"""

_BACKEND = """
backend gateways
    # of two at random the one with fewer requests; another zone's only where none of the own is left, then all of them
    balance random(2)
    option allbackups
    option httpchk
    http-check send meth GET uri /health/ready ver HTTP/1.1 hdr host localhost
    http-check expect status 200
    # who refuses a connection is out at once, so that the next try of the same request can be in another zone
    default-server check inter 500ms fastinter 250ms downinter 500ms fall 2 rise 1 slowstart 10s{speaks}
    default-server observe layer4 error-limit 1 on-error mark-down
"""

_NONE = '    http-request return status 503 content-type text/plain string "No gateway is known" hdr retry-after 1\n'


def configuration(plan: Plan) -> str:
    """The whole file."""
    text = _GLOBAL.format(folder=plan.folder, tunnel=TUNNEL_S, idle=IDLE_S, silent=SILENT_S)
    tls = "".join(f' crt "{path}"' for path in plan.certificates)
    text += _FRONTEND.format(
        at=_bound(plan.host, plan.port), tls=f" ssl{tls} alpn h2,http/1.1" if tls else "", told=_told(plan.tells)
    )
    if plan.redirect_port:
        text += _REDIRECT.format(at=_bound(plan.host, plan.redirect_port))
    text += _BACKEND.format(speaks=" send-proxy-v2-ssl check-send-proxy" if plan.tells == "proxy" else "")
    if not plan.gateways:
        return text + _NONE
    lines = [_server(each, backup=False) for each in plan.own] + [_server(each, backup=True) for each in plan.others]
    return text + "".join(lines)


def _told(tells: str) -> str:
    """What is said of the client in the gateway's stead: of what clients say of themselves nothing stays."""
    lines = ["http-request del-header x-forwarded-for", "http-request del-header forwarded"]
    lines += ["http-request del-header x-forwarded-proto", "http-request del-header x-forwarded-host"]
    if tells == "x-forwarded-for":
        lines.append("http-request set-header x-forwarded-for %[src]")
        lines.append("http-request set-header x-forwarded-proto https if { ssl_fc }")
        lines.append("http-request set-header x-forwarded-proto http unless { ssl_fc }")
    elif tells == "forwarded":
        for scheme, when in (("https", "{ ssl_fc }"), ("http", "!{ ssl_fc }")):
            lines.append(
                f'http-request set-header forwarded for=\\"[%[src]]\\";proto={scheme} if {when} {{ src -m sub : }}'
            )
            lines.append(f"http-request set-header forwarded for=%[src];proto={scheme} if {when} !{{ src -m sub : }}")
    return "".join(f"    {line}\n" for line in lines)


def _server(gateway: GatewayAt, *, backup: bool) -> str:
    address = f"unix@{gateway.path}" if gateway.path else gateway.address
    return (
        f"    server {gateway.name} {address}{' weight 0' if gateway.draining else ''}{' backup' if backup else ''}\n"
    )


def _bound(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
