"""In a network of its own, in which every private address answers and counts, a far service's links reach none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

PROGRAM = Path(__file__).with_name("lonely_network.py")
pytestmark = pytest.mark.timeout(600)  # hundreds of handshakes, each of them with two ends on this machine
ALONE = ["unshare", "--net", "--mount", "--map-root-user"]

PRIVATE = [
    # the networks
    "https://10.0.0.1/film.mp4",
    "https://10.255.255.254/film.mp4",
    "https://172.16.0.1/film.mp4",
    "https://172.31.255.254/film.mp4",
    "https://192.168.0.1/film.mp4",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/film.mp4",
    "https://100.127.255.254/film.mp4",
    "https://0.0.0.0/film.mp4",
    "https://0/film.mp4",
    "https://127.0.0.1/film.mp4",
    "http://127.0.0.1/film.mp4",
    "http://[::1]/film.mp4",
    "http://localhost/film.mp4",
    "https://[::1]/film.mp4",
    "https://[fd00::1]/film.mp4",
    "https://[fc00::1]/film.mp4",
    "https://[fe80::1]/film.mp4",
    "https://[fe80::1%25lo]/film.mp4",
    "https://[fec0::1]/film.mp4",
    "https://198.18.0.1/film.mp4",
    "https://240.0.0.1/film.mp4",
    # one address, spelled otherwise
    "https://167772161/film.mp4",
    "https://0x0a000001/film.mp4",
    "https://0xA.0x0.0x0.0x1/film.mp4",
    "https://01200000001/film.mp4",
    "https://012.0.0.1/film.mp4",
    "https://0000012.0.0.01/film.mp4",
    "https://10.1/film.mp4",
    "https://10.0.1/film.mp4",
    "https://10.0.0.1./film.mp4",
    "https://2852039166/latest/",
    "https://0xa9fea9fe/latest/",
    "https://１０.０.０.１/film.mp4",
    "https://①⓪.0.0.1/film.mp4",
    "https://10。0。0。1/film.mp4",
    "https://10．0．0．1/film.mp4",
    "https://%31%30.0.0.1/film.mp4",
    # one address within another
    "https://[::ffff:10.0.0.1]/film.mp4",
    "https://[::ffff:a00:1]/film.mp4",
    "https://[0:0:0:0:0:ffff:0a00:0001]/film.mp4",
    "https://[::ffff:0:10.0.0.1]/film.mp4",
    "https://[::10.0.0.1]/film.mp4",
    "https://[64:ff9b::10.0.0.1]/film.mp4",
    "https://[64:ff9b::a00:1]/film.mp4",
    "https://[64:ff9b:1::a00:1]/film.mp4",
    "https://[2002:a00:1::1]/film.mp4",
    "https://[2001:0:a00:1::f5ff:fffe]/film.mp4",
    # beside other things
    "https://10.0.0.1:8443/film.mp4",
    "https://10.0.0.1:00443/film.mp4",
    "https://user:password@10.0.0.1/film.mp4",
    "https://cdn.example@10.0.0.1/film.mp4",
    "https://cdn.example:443@10.0.0.1/film.mp4",
    "https://cdn.example%40@10.0.0.1/film.mp4",
    "https://cdn.example\\@10.0.0.1/film.mp4",
    "https://10.0.0.1\\@cdn.example/film.mp4",
    "https://10.0.0.1#@cdn.example/film.mp4",
    "https://10.0.0.1?@cdn.example/film.mp4",
    "https://10.0.0.1;@cdn.example/film.mp4",
    "https://10.0.0.1&@cdn.example/film.mp4",
    "https://10.0.0.1%00.cdn.example/film.mp4",
    "https://10.0.0.1\t/film.mp4",
    "https://10.\t0.0.1/film.mp4",
    "https://10.0.0.1\r\n/film.mp4",
    "https://\t10.0.0.1/film.mp4",
    " https://10.0.0.1/film.mp4",
    "HTTPS://10.0.0.1/film.mp4",
    "https:10.0.0.1/film.mp4",
    "https:/10.0.0.1/film.mp4",
    "https:///10.0.0.1/film.mp4",
    "https:\\\\10.0.0.1\\film.mp4",
    "//10.0.0.1/film.mp4",
    # by a name
    "https://inside.example/film.mp4",
    "https://inside.example./film.mp4",
    "https://INSIDE.example/film.mp4",
    "https://ｉｎｓｉｄｅ.example/film.mp4",
    "https://metadata.example/latest/",
    "https://both.example/film.mp4",
    "https://six.example/film.mp4",
    "https://mapped.example/film.mp4",
    "https://nobody.example/film.mp4",
    "https://printer.local/film.mp4",
    "https://metadata.google.internal/latest/",
    "https://localhost/film.mp4",
    "https://user:password@inside.example:8443/film.mp4",
    # by another scheme
    "http://10.0.0.1/film.mp4",
    "http://10.0.0.1:8080/film.mp4",
    "http://inside.example/film.mp4",
    "http://cdn.example/film.mp4",
    "ftp://10.0.0.1:443/film.mp4",
    "ws://10.0.0.1/film.mp4",
    "gopher://10.0.0.1:80/_GET",
    "file://10.0.0.1/etc/passwd",
    "file:///etc/passwd",
]
PUBLIC = [
    "https://cdn.example/film.mp4",
    "https://cdn.example./film.mp4",
    "https://cdn.example:8443/film.mp4",
    "https://user:password@cdn.example/film.mp4",
    "https://203.0.113.6/film.mp4",
    "https://[2a00:1450::5]/film.mp4",
    "https://far.example/film.mp4",
    "https://turning.example/film.mp4",
]
ALLOWED = [
    "https://10.0.0.1/film.mp4",
    "https://10.0.0.1:8443/film.mp4",
    "https://192.168.0.1/film.mp4",
    "https://169.254.169.254/latest/",
    "https://[fd00::1]/film.mp4",
    "https://inside.example/film.mp4",
    "http://127.0.0.1/film.mp4",
]
CERTIFIED = [
    *(f"DNS:{name}.example" for name in ("far", "cdn", "inside", "both", "turning")),
    *("IP:203.0.113.6", "IP:2a00:1450::5", "IP:10.0.0.1", "IP:192.168.0.1", "IP:169.254.169.254", "IP:fd00::1"),
]


def make_certificates(folder: Path) -> None:
    """An authority, and a certificate of all names and addresses that are asked for with success."""
    (folder / "extensions").write_text(f"subjectAltName={','.join(CERTIFIED)}\nbasicConstraints=CA:FALSE\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for command in (
        ["req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority",
         "-addext", "keyUsage=critical,keyCertSign"],
        ["req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=far.example"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
         "-out", "server.crt", "-days", "2", "-extfile", "extensions"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True, timeout=400)
    (folder / "server.pem").write_text((folder / "server.crt").read_text() + (folder / "server.key").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates for a network, where there can be one."""
    for program in ("unshare", "ip", "mount", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no program {program} to make a network with")
    tried = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False, timeout=400)
    if tried.returncode:
        pytest.skip(f"this machine allows no network of one's own: {tried.stderr.strip()}")
    made = tmp_path_factory.mktemp("network")
    make_certificates(made)
    return made


Came: TypeAlias = Mapping[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]]
"""What was asked, with what came of it."""


@pytest.fixture(scope="module", params=["aiohttp", "httpx"])
def came(request: pytest.FixtureRequest, folder: Path) -> Came:
    """What came of each link, at once or after a redirect, in a network of its own."""
    asked = {
        "private": [{"link": link, "redirected": False} for link in PRIVATE]
        + [{"link": link, "redirected": True} for link in PRIVATE[::3]],
        "public": [{"link": link, "redirected": sent_on} for link in PUBLIC for sent_on in (False, True)],
        "allowed": [{"link": link, "redirected": False} for link in ALLOWED],
    }
    opening = {"private": {}, "public": {}, "allowed": {"allow_private_media": True}}
    connected = [{"options": {"transport": request.param, **opening[name]}, "links": asked[name]} for name in asked]
    (folder / "asked.json").write_text(json.dumps(connected))
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [*ALONE, sys.executable, PROGRAM, folder], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    if "impossible" in told:
        pytest.skip(f"a network of one's own cannot be built here: {told['impossible']}")
    return {
        name: list(zip(links, told["came"][place], strict=True)) for place, (name, links) in enumerate(asked.items())
    }


def test_no_private_address_is_asked_for_anything(came: Came) -> None:
    assert len(came["private"]) > 120
    for link, each in came["private"]:
        assert (each["private"], each["keys"]) == ([], []), (link, each)
        assert each["film"] == ("" if each["told"] else "far"), (link, each)


def test_a_link_is_refused_with_the_reason(came: Came) -> None:
    told = {link["link"]: each["told"] for link, each in came["private"] if not link["redirected"]}
    for host in ("10.0.0.1", "0x0a000001", "inside.example", "[64:ff9b::a00:1]", "[fd00::1]"):
        assert "leads to this machine or a private network" in told[f"https://{host}/film.mp4"]
    assert "over https only" in told["http://10.0.0.1/film.mp4"]


def test_a_public_address_is_fetched_from_without_the_key(came: Came) -> None:
    for link, each in came["public"]:
        assert each == {"told": "", "film": "far", "private": [], "keys": []}, link


def test_who_allows_private_media_gets_them_without_the_key(came: Came) -> None:
    for link, each in came["allowed"]:
        assert (each["told"], each["film"], each["keys"]) == ("", "private", []), link
        assert each["private"], link
