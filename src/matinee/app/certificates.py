"""The house's own certificates for calls between its machines: an authority that signs nothing but the one of its door."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address
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
_AUTHORITY, _DOOR = "internal-authority.pem", "internal-door.pem"


def authority(home: Home) -> str:
    """The certificate that other machines know the house by (PEM); made when first asked for."""
    path = home.secrets / _AUTHORITY
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Matinee")])
        signed = _begun(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        _write(path, key, signed.sign(key, hashes.SHA256()))
    return _certificate(path).public_bytes(Encoding.PEM).decode()


def door(home: Home, names: Iterable[str]) -> Path:
    """The file with the key and the certificate of the house's door, which is for these names and this machine's own."""
    authority(home)
    path, wanted = home.secrets / _DOOR, {*names, socket.gethostname(), "localhost", "127.0.0.1"}
    if not path.exists() or _names(_certificate(path)) != wanted:
        signer, key = home.secrets / _AUTHORITY, ec.generate_private_key(ec.SECP256R1())
        issuer = _certificate(signer)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Matinee's door")])
        signed = (
            _begun(subject, issuer.subject, key)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in sorted(wanted)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        _write(path, key, signed.sign(_key(signer), hashes.SHA256()))
    return path


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = SystemClock().real_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _YEARS)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


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
