import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from cardea_test.daemon import Daemon, temporary  # noqa: E402
from cardea_test.fixtures import Maker, make, no_leaks, own, root, shared, the_module_is_clean, verifier  # noqa: E402,F401
from cardea_test.gateway import alive, descendants, until  # noqa: E402
from cardea_test.leaks import REGISTRY  # noqa: E402


@pytest.fixture(scope="session")
def demo():
    """`cardea serve --demo`: the gateway with TLS before the daemon, and the products' own APIs behind it."""
    folder = temporary("cardea-pages-")
    daemon = Daemon(folder, ["--demo"]).warm().launch()
    until(lambda: (daemon.data / "demo.json").exists() or not daemon.running(), daemon.log)
    assert daemon.running(), daemon.log()
    REGISTRY.learn(daemon.demo_file())
    with_it = descendants(daemon.process.pid)
    yield daemon
    code = daemon.stop()
    the_module_is_clean(daemon)
    left = [pid for pid in with_it if alive(pid)]
    nginx = (daemon.data / "gateway" / "error.log").read_bytes()
    assert not REGISTRY.find(nginx) and b"exited on signal" not in nginx, nginx[-2000:]
    shutil.rmtree(folder, ignore_errors=True)
    assert code == 0 and left == [], f"exit code {code}; still there: {left}"


@pytest.fixture(scope="session")
def demo_make(demo):
    return Maker(demo.root())
