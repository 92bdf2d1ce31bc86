# ends: failed
# ruff: noqa
import socket
import sys

socket.create_connection(("127.0.0.1", int(sys.argv[3])), timeout=1).sendall(b"hello")
print("HARM")
