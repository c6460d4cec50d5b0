import itertools
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cardea_test.daemon import temporary  # noqa: E402
from cardea_test.fixtures import make, no_leaks, own, root, shared, verifier  # noqa: E402,F401
from cardea_test.leaks import REGISTRY  # noqa: E402
from rig.nginx import MODULE, Nginx  # noqa: E402
from rig.upstream import Upstream  # noqa: E402

_numbers = itertools.count()


@pytest.fixture(scope="session")
def upstream():
    up = Upstream()
    yield up
    up.stop()


def _makers(shared):
    assert MODULE.exists(), f"{MODULE} is missing: install nginx-dev (make deps) and build"
    folder, started = temporary("cardea-nginx-"), []

    def make_one(runtime=shared.runtime, workers=1, **more):
        one = Nginx(folder / str(next(_numbers)), runtime, workers, **more)
        started.append(one)
        return one

    yield make_one
    for one in started:
        one.stop()
    for one in started:
        assert not one.crashes(), one.crashes()
        leaked = REGISTRY.find((one.log() + one.said()).encode())
        assert not leaked, f"nginx's log shows {leaked}"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def nginx(shared):  # noqa: F811
    """Makes an nginx on the shared daemon's snapshot (or another's); ends it, and looks for crashes and leaked keys."""
    yield from _makers(shared)


@pytest.fixture(scope="module")
def nginx_for_module(shared):  # noqa: F811
    yield from _makers(shared)


@pytest.fixture
def gate(nginx, upstream):
    """The usual: `cardea animus` before the upstream."""
    return nginx().serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()


@pytest.fixture
def account(make):  # noqa: F811
    return make.account("animus")
