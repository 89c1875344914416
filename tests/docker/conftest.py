"""A Docker engine of the test's own, with stand-ins for the images that compose/ names; both are kept for the next run."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests/support"))

from geobill_stack import until  # noqa: E402

needed = ("dockerd", "docker", "docker-compose", "debootstrap")


@pytest.fixture(scope="session")
def engine():
    """The environment in which `docker` talks to an engine that this test started, with all images there."""
    missing = [name for name in needed if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"no Docker engine can be started here: {'not root' if os.geteuid() else 'not installed: ' + ' '.join(missing)}")
    keep = root / ".cache/docker"
    keep.mkdir(parents=True, exist_ok=True)
    log = (keep / "dockerd.log").open("wb")
    # The images are big: in the short folder, out of the checkout's way.
    place = pathlib.Path(os.environ.get("GEOBILL_DOCKER_FOLDER", "/var/tmp/geobill-docker"))
    place.mkdir(mode=0o700, exist_ok=True)
    socket = f"unix://{place}/docker.sock"
    daemon = subprocess.Popen(["dockerd", "--data-root", f"{place}/data", "--exec-root", f"{place}/exec", "-H", socket,
                               "-p", f"{place}/pid"], stdout=log, stderr=log)
    environment = {**os.environ, "DOCKER_HOST": socket, "DOCKER_BUILDKIT": "0", "GEOBILL_IMAGE_READY": "1"}

    def answers():
        return daemon.poll() is not None or subprocess.run(["docker", "version"], env=environment, capture_output=True).returncode == 0

    try:
        until("the Docker engine", 60, answers, 0.5)
        if daemon.poll() is not None:
            said = (keep / "dockerd.log").read_text(errors="replace").strip().splitlines()
            pytest.skip(f"no Docker engine can be started here: {said[-1] if said else 'it ended'}")
        subprocess.run([root / "tests/docker/stand_in.sh", keep], env=environment, check=True, timeout=1200)
        yield environment
    finally:
        daemon.terminate()
        daemon.wait(60)
        log.close()


@pytest.fixture
def stack(engine):
    """`./stack` with arguments, in that engine; what it printed."""
    def call(*words, within_s=400, **environment):
        done = subprocess.run([root / "stack", "docker", *words], env={**engine, **environment}, timeout=within_s,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout
    return call


@pytest.fixture
def docker(engine):
    def call(*words):
        return subprocess.run(["docker", *words], env=engine, check=True, timeout=60, stdout=subprocess.PIPE, text=True).stdout.strip()
    return call
