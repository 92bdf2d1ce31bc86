# ends: time
# wall: 0.5
# ruff: noqa
import time

time.sleep(600)
