"""The XML that S3's API answers and asks, as far as an object store's client needs it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree as ET

from msgspec import Struct

from matinee.runtime.errors import Invalid

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Listed(Struct, frozen=True):
    key: str
    size: int
    changed: datetime
    tag: str


def listing(prefix: str, found: Iterable[Listed], folders: Iterable[str], token: str | None) -> bytes:
    """An answer to ListObjectsV2; with a `token` there is more to ask for."""
    root = _root("ListBucketResult", Prefix=prefix, IsTruncated="true" if token else "false")
    if token:
        _put(root, "NextContinuationToken", token)
    for each in found:
        content = ET.SubElement(root, "Contents")
        _put(content, "Key", each.key)
        _put(content, "LastModified", each.changed.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        _put(content, "ETag", each.tag)
        _put(content, "Size", str(each.size))
    for folder in folders:
        _put(ET.SubElement(root, "CommonPrefixes"), "Prefix", folder)
    return _written(root)


def begun(upload: str) -> bytes:
    """An answer to CreateMultipartUpload."""
    return _written(_root("InitiateMultipartUploadResult", UploadId=upload))


def completed(key: str, tag: str) -> bytes:
    """An answer to CompleteMultipartUpload."""
    return _written(_root("CompleteMultipartUploadResult", Key=key, ETag=tag))


def deleted(keys: Iterable[str]) -> bytes:
    """An answer to DeleteObjects."""
    root = _root("DeleteResult")
    for key in keys:
        _put(ET.SubElement(root, "Deleted"), "Key", key)
    return _written(root)


def fault(code: str, sentence: str) -> bytes:
    """What went wrong."""
    return _written(_root("Error", Code=code, Message=sentence))


def parts_of(body: bytes) -> list[int]:
    """The numbers of the parts that a CompleteMultipartUpload names. Raises Invalid."""
    try:
        return [int(number) for number in _texts(body, "PartNumber")]
    except ValueError as wrong:
        raise Invalid("A part's number is a number.") from wrong


def keys_of(body: bytes) -> list[str]:
    """The keys that a DeleteObjects names. Raises Invalid."""
    return _texts(body, "Key")


def _texts(body: bytes, name: str) -> list[str]:
    try:
        text = body.decode()
        if "<!" in text:  # no declarations, so no entities that grow
            raise Invalid("The message is not the XML of this call.")
        root = ET.fromstring(text)  # noqa: S314 - without declarations it holds what it shows
    except (ET.ParseError, ValueError, LookupError) as wrong:  # the latter for another encoding than UTF-8
        raise Invalid("The message is not XML in UTF-8.") from wrong
    return [element.text or "" for element in root.iter() if element.tag.rpartition("}")[2] == name]


def _root(name: str, **fields: str) -> ET.Element:
    root = ET.Element(name, xmlns=_NAMESPACE)
    for field, text in fields.items():
        _put(root, field, text)
    return root


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _written(root: ET.Element) -> bytes:
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)
