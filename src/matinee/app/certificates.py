"""The house's own certificates: an authority for calls between its machines, and another, which viewers install on their
devices, for a front door and appliances in a home network. Each signs nothing but the one certificate of its door."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from matinee.app.home import Home
from matinee.runtime.clock import SystemClock

_YEARS = timedelta(days=3650)
_DOOR_LIFE, _RENEWED_BEFORE = timedelta(days=397), timedelta(days=60)
"""Apple's devices take none of a longer life than 825 days, browsers are about to take less."""

_AUTHORITY, _DOOR = "internal-authority.pem", "internal-door.pem"
_ROOT, _FRONT = "local-root.pem", "local-front.pem"
_HOME_NETWORKS = tuple(
    ip_network(each)
    for each in "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 127.0.0.0/8 fc00::/7 fe80::/10 ::1/128".split()
)
_HOME_NAMES = "local", "localhost", "home.arpa"

_FOR_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def authority(home: Home) -> str:
    """The certificate that other machines know the house by (PEM); made when first asked for."""
    path = home.secrets / _AUTHORITY
    if not path.exists():
        _self_signed(path, "Matinee", ())
    return _certificate(path).public_bytes(Encoding.PEM).decode()


def door(home: Home, names: Iterable[str]) -> Path:
    """The file with the key and the certificate of the house's door, which is for these names and this machine's own."""
    authority(home)
    wanted = {*names, socket.gethostname(), "localhost", "127.0.0.1"}
    return _signed(home.secrets / _DOOR, home.secrets / _AUTHORITY, "Matinee's door", wanted, _YEARS)


def root(home: Home, names: Iterable[str]) -> x509.Certificate:
    """What viewers of a home network install on their devices; made when first asked for. Whoever came to hold its key could
    pretend to be a house on a private address or below `.local`, and nobody else: its constraints say so (RFC 5280 4.2.1.10).
    They leave room for the `names` that this machine has at the time."""
    path = home.secrets / _ROOT
    if not path.exists():
        own = [_general(name) for name in sorted(set(names))]
        allowed = [*map(x509.DNSName, _HOME_NAMES), *map(x509.IPAddress, _HOME_NETWORKS), *map(_as_network, own)]
        _self_signed(path, f"Matinee at {socket.gethostname()}", allowed)
    return _certificate(path)


def front(home: Home, names: Iterable[str]) -> Path:
    """The file with the key and the certificate of front door and appliances, for those of the names that the root may vouch
    for. Made anew when the names have changed or its end is near."""
    wanted = {"localhost", "127.0.0.1", "::1", *names}
    constraints = root(home, wanted).extensions.get_extension_for_class(x509.NameConstraints).value
    covered = {name for name in wanted if _covers(constraints.permitted_subtrees or [], name)}
    return _signed(home.secrets / _FRONT, home.secrets / _ROOT, "Matinee's front door", covered, _DOOR_LIFE)


def _self_signed(path: Path, common_name: str, allowed: Sequence[x509.GeneralName]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    begun = (
        _begun(name, name, key, _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_FOR_CERTIFICATES, critical=True)
    )
    if allowed:
        begun = begun.add_extension(x509.NameConstraints(allowed, None), critical=True)
    _write(path, key, begun.sign(key, hashes.SHA256()))


def _signed(path: Path, signer: Path, common_name: str, wanted: set[str], life: timedelta) -> Path:
    if not path.exists() or not _still_good(_certificate(path), wanted):
        issuer, key = _certificate(signer), ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value if _has_id(issuer) else None
        known_by = (
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
            if own is not None
            else x509.AuthorityKeyIdentifier.from_issuer_public_key(_key(signer).public_key())
        )
        signed = (
            _begun(subject, issuer.subject, key, life)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in sorted(wanted)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(known_by, critical=False)
        )
        _write(path, key, signed.sign(_key(signer), hashes.SHA256()))
    return path


def _still_good(certificate: x509.Certificate, wanted: set[str]) -> bool:
    soon = SystemClock().real_now() + _RENEWED_BEFORE
    return _names(certificate) == wanted and certificate.not_valid_after_utc > soon


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    now = SystemClock().real_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now - timedelta(days=1) + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _has_id(certificate: x509.Certificate) -> bool:
    return any(each.oid == x509.SubjectKeyIdentifier.oid for each in certificate.extensions)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _as_network(name: x509.GeneralName) -> x509.GeneralName:
    return x509.IPAddress(ip_network(str(name.value))) if isinstance(name, x509.IPAddress) else name


def _covers(allowed: Iterable[x509.GeneralName], name: str) -> bool:
    general = _general(name)
    return any(_within(general, each.value) for each in allowed if type(each) is type(general))


def _within(name: x509.GeneralName, allowed: str | IPv4Network | IPv6Network) -> bool:
    if isinstance(allowed, IPv4Network | IPv6Network):
        address = ip_address(str(name.value))
        return address.version == allowed.version and address in allowed
    return str(name.value) == allowed or str(name.value).endswith("." + allowed)


def _names(certificate: x509.Certificate) -> set[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))}


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - this module wrote it
    return key


def _write(path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Key and certificate in one file that only its owner reads; whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    draft.rename(path)
