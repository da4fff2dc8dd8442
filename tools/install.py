"""Installs packages into an environment with uv, which is several times quicker than pip, and with pip where uv fails.

python tools/install.py .venv --editable '.[all]' --group test

The environment is made where there is none; all that follows it is handed on to ``uv pip install`` or ``pip install``.
uv reads no settings of pip, so those that say where packages come from are told to it as its own.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import venv
from pathlib import Path

PIP = [sys.executable, "-m", "pip"]

# What lists of pip become, and what stands between two values there.
LISTS = {
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "constraint": ("UV_CONSTRAINT", " "),
}
VALUES = {
    "index-url": "UV_DEFAULT_INDEX",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "retries": "UV_HTTP_RETRIES",
    "client-cert": "SSL_CLIENT_CERT",
}
SWITCHES = {"no-index": ("UV_NO_INDEX", "1"), "pre": ("UV_PRERELEASE", "allow")}
# A newest version of all indexes; and what compilers have to say of other people's modules is said here, not in tests.
AS_PIP_DOES = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_COMPILE_BYTECODE": "true"}
TRUE = {"1", "true", "yes", "on"}


def settings_of_pip(listing: str) -> dict[str, str]:
    """The settings that ``pip config list`` prints, by their long names; later lines have precedence, as in pip."""
    settings = {}
    for line in listing.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.split(".")[0] in {"global", "install", ":env:"}:
            settings[name.rpartition(".")[2].replace("_", "-")] = str(ast.literal_eval(value))
    return settings


def settings_for_uv(pip: dict[str, str], surroundings: dict[str, str]) -> dict[str, str]:
    """What tells uv the same as pip's settings; a variable of uv's own that is set already has precedence."""
    told = dict(AS_PIP_DOES)
    told |= {VALUES[name]: value for name, value in pip.items() if name in VALUES}
    told |= {LISTS[name][0]: LISTS[name][1].join(value.split()) for name, value in pip.items() if name in LISTS}
    told |= dict(SWITCHES[name] for name, value in pip.items() if name in SWITCHES and value.lower() in TRUE)
    told = {name: value for name, value in told.items() if name not in surroundings}
    return told | certificates(pip.get("cert"), surroundings)


def certificates(cert: str | None, surroundings: dict[str, str]) -> dict[str, str]:
    """Whom uv trusts: what pip was told to, or else the system's certificates, as pip does."""
    cert = cert or surroundings.get("REQUESTS_CA_BUNDLE") or surroundings.get("CURL_CA_BUNDLE")
    if cert:
        return {"SSL_CERT_DIR" if Path(cert).is_dir() else "SSL_CERT_FILE": cert}
    if surroundings.keys() & {"SSL_CERT_FILE", "SSL_CERT_DIR", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS"}:
        return {}
    return {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}  # the newer and the older name


def python_in(environment: Path) -> Path:
    """The interpreter of an environment, which is made where there is none."""
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(environment, symlinks=os.name != "nt", clear=True)
    return python


def uv_installs(python: Path, wanted: list[str]) -> bool:
    """Whether uv is there and has installed what is wanted."""
    uv = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    if not uv.exists():
        return False
    listing = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    surroundings = os.environ | settings_for_uv(settings_of_pip(listing), dict(os.environ))
    command = [str(uv), "pip", "install", "--quiet", "--python", str(python), *wanted]
    return subprocess.run(command, env=surroundings, check=False).returncode == 0  # noqa: S603


def pip_installs(python: Path, wanted: list[str]) -> int:
    """How an installation with pip ends."""
    return subprocess.run([*PIP, "--python", str(python), "install", "--quiet", *wanted], check=False).returncode  # noqa: S603


def main(environment: str, *wanted: str) -> int:
    """Installs what is wanted, and says so when pip has to do it."""
    python = python_in(Path(environment))
    if uv_installs(python, list(wanted)):
        return 0
    if "--resolution" in wanted:
        sys.stderr.write("uv could not install this, and pip cannot choose the oldest versions\n")
        return 1
    sys.stderr.write("uv could not install this; pip does it instead, which takes longer\n")
    return pip_installs(python, list(wanted))


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
