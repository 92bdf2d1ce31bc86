# ends: failed
# ruff: noqa
import socket

socket.socket(40, socket.SOCK_STREAM)
print("HARM")
