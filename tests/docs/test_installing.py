"""What ``make`` installs with: uv with the settings of pip, and pip where uv fails."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import install
import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
with_uv = pytest.mark.skipif(not UV.exists(), reason="uv is not beside this interpreter")
BUNDLE = __file__  # a file, whatever is in it

TOLD = [
    ({"index-url": "https://u:p@a.test/simple"}, {"UV_DEFAULT_INDEX": "https://u:p@a.test/simple"}),
    ({"extra-index-url": "https://a.test/s\nhttps://b.test/s"}, {"UV_INDEX": "https://a.test/s https://b.test/s"}),
    ({"find-links": "/wheels  /more"}, {"UV_FIND_LINKS": "/wheels,/more"}),
    ({"trusted-host": "a.test b.test:8080"}, {"UV_INSECURE_HOST": "a.test b.test:8080"}),
    ({"constraint": "/etc/constraints.txt"}, {"UV_CONSTRAINT": "/etc/constraints.txt"}),
    ({"no-index": "true"}, {"UV_NO_INDEX": "1"}),
    ({"no-index": "0"}, {}),
    ({"pre": "yes"}, {"UV_PRERELEASE": "allow"}),
    ({"timeout": "180", "retries": "7"}, {"UV_HTTP_TIMEOUT": "180", "UV_HTTP_RETRIES": "7"}),
    ({"proxy": "http://proxy.test:3128"}, {"ALL_PROXY": "http://proxy.test:3128"}),
    ({"client-cert": "/etc/client.pem"}, {"SSL_CLIENT_CERT": "/etc/client.pem"}),
    ({"quiet": "1", "user": "false"}, {}),
]


@pytest.mark.parametrize(("pip", "expected"), TOLD)
def test_uv_is_told_where_pip_finds_packages(pip, expected):
    told = install.settings_for_uv({"cert": BUNDLE, **pip}, {})
    assert told == {**install.AS_PIP_DOES, "SSL_CERT_FILE": BUNDLE, **expected}


TRUSTED = [
    ({"cert": BUNDLE}, {}, {"SSL_CERT_FILE": BUNDLE}),
    ({"cert": BUNDLE}, {"SSL_CERT_FILE": "/other.pem"}, {"SSL_CERT_FILE": BUNDLE}),
    ({"cert": str(ROOT)}, {}, {"SSL_CERT_DIR": str(ROOT)}),
    ({}, {"REQUESTS_CA_BUNDLE": BUNDLE}, {"SSL_CERT_FILE": BUNDLE}),
    ({}, {"CURL_CA_BUNDLE": BUNDLE}, {"SSL_CERT_FILE": BUNDLE}),
    ({}, {"SSL_CERT_FILE": BUNDLE}, {}),
    ({}, {}, {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}),
]


@pytest.mark.parametrize(("pip", "surroundings", "expected"), TRUSTED)
def test_uv_trusts_whom_pip_trusts(pip, surroundings, expected):
    assert install.settings_for_uv(pip, surroundings) == {**install.AS_PIP_DOES, **expected}


def test_what_uv_was_told_itself_has_precedence():
    surroundings = {"UV_DEFAULT_INDEX": "https://mine.test/simple", "SSL_CERT_FILE": BUNDLE}
    assert "UV_DEFAULT_INDEX" not in install.settings_for_uv({"index-url": "https://a.test/simple"}, surroundings)


def test_of_pip_s_settings_the_environment_counts_more_than_files():
    listing = (
        "freeze.timeout='1'\nglobal.index-url='https://file.test/simple'\ninstall.no_index='false'\n"
        ":env:.index-url='https://variable.test/simple?a=b'\n"
    )
    assert install.settings_of_pip(listing) == {"index-url": "https://variable.test/simple?a=b", "no-index": "false"}


def wheel(folder: Path, name: str, version: str) -> None:
    """Writes a package of one module."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", f"version = {version!r}\n")
        file.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{facts}/RECORD", "")


def index(folder: Path, name: str, version: str) -> str:
    """Writes a package index of one package, and gives its address."""
    wheel(folder / name, name, version)
    (folder / name / "index.html").write_text("".join(f"<a href={path.name}>x</a>" for path in folder.glob("*/*.whl")))
    return folder.as_uri()


def installed(folder: Path, *wanted: str, **settings: str) -> tuple[str, str]:
    """What an installation says, and the version of ``ours`` that the environment has then."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    surroundings |= {"PIP_CONFIG_FILE": os.devnull, **settings}
    command = [sys.executable, str(ROOT / "tools" / "install.py"), str(folder / "env"), *wanted]
    run = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=400)
    assert run.returncode == 0, run.stderr
    python = install.python_in(folder / "env")
    asked = subprocess.run([python, "-c", "import ours; print(ours.version)"], capture_output=True, text=True)
    return run.stderr, asked.stdout.strip()


@with_uv
def test_uv_installs_from_the_index_of_pip_s_variables(tmp_path):
    address = index(tmp_path / "index", "ours", "1.0")
    assert installed(tmp_path, "ours", PIP_INDEX_URL=address) == ("", "1.0")


@with_uv
def test_uv_installs_from_what_pip_s_configuration_file_says_the_newest_of_all_indexes(tmp_path):
    first, second = (index(tmp_path / version, "ours", version) for version in ("1.0", "2.0"))
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {second}\nextra-index-url = {first}\n")
    assert installed(tmp_path, "ours", PIP_CONFIG_FILE=str(tmp_path / "pip.conf")) == ("", "2.0")


@with_uv
def test_the_oldest_version_is_installed_where_that_is_wanted(tmp_path):
    for version in ("1.0", "2.0"):
        wheel(tmp_path / "wheels", "ours", version)
    wanted = ["--resolution", "lowest-direct", "ours>=0.5"]
    assert installed(tmp_path, *wanted, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path / "wheels")) == ("", "1.0")


@with_uv
def test_pip_installs_and_it_is_said_where_uv_fails(tmp_path):
    wheel(tmp_path / "wheels", "ours", "1.0")
    (tmp_path / "empty").mkdir()
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels")}
    told, version = installed(tmp_path, "ours", UV_FIND_LINKS=str(tmp_path / "empty"), **settings)
    assert told.endswith("uv could not install this; pip does it instead, which takes longer\n")
    assert version == "1.0"
