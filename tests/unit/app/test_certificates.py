from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from matinee.app import certificates
from matinee.app.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.secrets.mkdir(parents=True)
    return made


def names_of(path: Path) -> set[str]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))}


def test_the_front_doors_certificate_is_signed_by_the_root_for_this_network(home: Home) -> None:
    path = certificates.front(home, ["tower.local", "192.168.1.7"])
    root, front = certificates.root(home, []), x509.load_pem_x509_certificate(path.read_bytes())
    front.verify_directly_issued_by(root)
    assert names_of(path) == {"tower.local", "192.168.1.7", "localhost", "127.0.0.1", "::1"}
    assert path.stat().st_mode & 0o077 == 0
    assert front.not_valid_after_utc - front.not_valid_before_utc < timedelta(days=398)


def test_the_root_vouches_for_nobody_outside(home: Home) -> None:
    certificates.front(home, ["tower.local"])
    root = certificates.root(home, [])
    constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    networks = [each.value for each in constraints.value.permitted_subtrees or [] if isinstance(each, x509.IPAddress)]
    assert not any(ip_address("93.184.216.34") in network for network in networks if network.version == 4)
    later = certificates.front(home, ["films.example", "93.184.216.34", "10.9.8.7", "new.local"])
    assert names_of(later) == {"10.9.8.7", "new.local", "localhost", "127.0.0.1", "::1"}


def test_an_address_that_the_machine_has_when_the_root_is_made_counts(home: Home) -> None:
    assert "93.184.216.34" in names_of(certificates.front(home, ["93.184.216.34"]))


def test_it_stays_while_nothing_changes_and_the_root_stays_always(home: Home) -> None:
    first = certificates.front(home, ["a.local"]).read_bytes()
    root = certificates.root(home, [])
    assert certificates.front(home, ["a.local"]).read_bytes() == first
    assert certificates.front(home, ["b.local"]).read_bytes() != first
    assert certificates.root(home, []) == root


def test_the_internal_authority_and_the_viewers_root_are_two(home: Home) -> None:
    assert x509.load_pem_x509_certificate(certificates.authority(home).encode()) != certificates.root(home, [])
    door = x509.load_pem_x509_certificate(certificates.door(home, ["core.example"]).read_bytes())
    door.verify_directly_issued_by(x509.load_pem_x509_certificate(certificates.authority(home).encode()))
