"""nginx's configuration (1.18 or newer): pure text of a plan. nginx notices only by requests that fail that a gateway is gone."""

from __future__ import annotations

from matinee.app.balancer.haproxy import IDLE_S, SILENT_S, TUNNEL_S
from matinee.app.balancer.plan import GatewayAt, Plan

_MAIN = """\
daemon off;
worker_processes auto;
worker_shutdown_timeout {tunnel}s;
pid "{folder}/nginx.pid";
error_log stderr warn;

events {{
    worker_connections 8192;
}}

http {{
    access_log off;
    server_tokens off;
    client_body_temp_path "{folder}/body";
    proxy_temp_path "{folder}/proxy";
    fastcgi_temp_path "{folder}/fastcgi";
    uwsgi_temp_path "{folder}/uwsgi";
    scgi_temp_path "{folder}/scgi";

    client_header_timeout 10s;
    client_body_timeout {silent}s;
    send_timeout {silent}s;
    keepalive_timeout {idle}s;
    client_max_body_size 0;
    large_client_header_buffers 8 32k;
    merge_slashes off;

    map $http_upgrade $connection_onward {{
        default upgrade;
        ""      "";
    }}
    map $remote_addr $forwarded_for {{
        ~:      "for=\\"[$remote_addr]\\"";
        default "for=$remote_addr";
    }}
"""

_UPSTREAM = """
    upstream gateways {{
        zone gateways 256k;
        random two least_conn;
{servers}        keepalive 64;
        keepalive_timeout 30s;
    }}
"""

_SERVER = """
    server {{
        listen {at}{tls};
        server_name _;
{certificates}
        location / {{
            proxy_pass http://gateways;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_onward;
            proxy_set_header X-Forwarded-For {x_forwarded_for};
            proxy_set_header X-Forwarded-Proto {x_forwarded_proto};
            proxy_set_header X-Forwarded-Host "";
            proxy_set_header Forwarded {forwarded};
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_connect_timeout 1s;
            proxy_read_timeout {silent}s;
            proxy_send_timeout {silent}s;
            proxy_next_upstream error timeout;
            proxy_next_upstream_tries 3;
        }}
    }}
"""

_REDIRECT = """
    server {{
        listen {at};
        server_name _;
        return 308 https://$host$request_uri;
    }}
"""

_NOBODY = "        server unix:/nonexistent down;\n"


def configuration(plan: Plan) -> str:
    """The whole file."""
    text = _MAIN.format(folder=plan.folder, tunnel=TUNNEL_S, idle=IDLE_S, silent=SILENT_S)
    text += _upstream(plan)
    by_header = plan.tells != "forwarded"
    text += _SERVER.format(
        at=_bound(plan.host, plan.port),
        tls=" ssl http2" if plan.certificates else "",
        certificates=_certificates(plan),
        x_forwarded_for="$remote_addr" if by_header else '""',
        x_forwarded_proto="$scheme" if by_header else '""',
        forwarded='""' if by_header else '"$forwarded_for;proto=$scheme"',
        silent=SILENT_S,
    )
    if plan.redirect_port:
        text += _REDIRECT.format(at=_bound(plan.host, plan.redirect_port))
    return text + "}\n"


def _upstream(plan: Plan) -> str:
    """With `random` nginx knows no `backup`: two at random where there is one zone, else the one with the fewest requests."""
    own = plan.own or plan.others
    lines = [_server(each) for each in own] + [_server(each, backup=True) for each in plan.others if each not in own]
    servers = "".join(lines) if any(not each.draining for each in own) else _NOBODY
    text = _UPSTREAM.format(servers=servers)
    return text.replace("        random two least_conn;\n", "        least_conn;\n") if len(lines) > len(own) else text


def _server(gateway: GatewayAt, *, backup: bool = False) -> str:
    address = f"unix:{gateway.path}" if gateway.path else gateway.address
    down = " down" if gateway.draining else " max_fails=1 fail_timeout=2s"
    return f"        server {address}{down}{' backup' if backup else ''};\n"


def _certificates(plan: Plan) -> str:
    lines = [
        f'        ssl_certificate "{path}";\n        ssl_certificate_key "{path}";\n' for path in plan.certificates
    ]
    protocols = "        ssl_protocols TLSv1.2 TLSv1.3;\n" if lines else ""
    return "".join(lines) + protocols


def _bound(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
