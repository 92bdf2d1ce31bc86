# ends: failed
# ruff: noqa
import socket
import sys

socket.socket(socket.AF_UNIX).connect(sys.argv[2] + "/socket")
print("HARM")
