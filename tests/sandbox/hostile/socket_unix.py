# ends: failed
# ruff: noqa
import socket
import sys

socket.socket(socket.AF_UNIX).connect("\0multisynth-" + sys.argv[1])
print("HARM")
