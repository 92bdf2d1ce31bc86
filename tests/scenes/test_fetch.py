"""The data folder comes out of a wheel for another Python, whole and alone."""

import importlib
import sysconfig
import zipfile

import pytest
from multisynth.scenes import fetch

from multisynth.errors import BadInput

WHEEL = "pybullet-3.2.7-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
FILES = {
    "pybullet.cpython-311-x86_64-linux-gnu.so": "",
    "pybullet_data/__init__.py": "",
    "pybullet_data/robot/robot.urdf": "<robot/>",
    "pybullet_data_of_another/__init__.py": "",
    "pybullet-3.2.7.dist-info/METADATA": "Metadata-Version: 2.1\nName: pybullet\nVersion: 3.2.7\n",
    "pybullet-3.2.7.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux2014_x86_64\n",
    "pybullet-3.2.7.dist-info/RECORD": "",
}


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """An empty folder of packages, and pip with one wheel to download and no network."""
    index, packages = tmp_path / "index", tmp_path / "packages"
    index.mkdir()
    packages.mkdir()
    with zipfile.ZipFile(index / WHEEL, "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(packages))

    def find_spec(name):
        importlib.invalidate_caches()
        return importlib.machinery.PathFinder.find_spec(name, [str(packages)])

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    return packages


def test_the_folder_and_nothing_else(packages):
    assert fetch.fetch() == packages / "pybullet_data"
    assert [path.name for path in packages.iterdir()] == ["pybullet_data"]
    found = {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()}
    assert found == {"pybullet_data/__init__.py", "pybullet_data/robot/robot.urdf", f"pybullet_data/{fetch.MARK}"}


def test_what_is_there_is_not_downloaded_again(packages, monkeypatch):
    there = fetch.fetch()
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert fetch.fetch() == there
    (there / fetch.MARK).unlink()  # as PyBullet installs it
    assert fetch.fetch() == there


def test_one_of_another_version_is_replaced(packages):
    there = fetch.fetch()
    (there / fetch.MARK).write_text("pybullet==3.2.5")
    (there / "gone.urdf").touch()
    fetch.fetch()
    assert (there / fetch.MARK).read_text() == fetch.WHEEL
    assert not (there / "gone.urdf").exists() and (there / "robot" / "robot.urdf").exists()


def test_without_the_wheel_nothing_is_left(packages, monkeypatch, capsys):
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(BadInput, match=fetch.WHEEL):
        fetch.fetch()
    assert fetch.main() == 2 and "pip" in capsys.readouterr().err
    assert not list(packages.iterdir())
