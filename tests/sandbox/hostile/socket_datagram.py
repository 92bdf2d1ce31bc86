# ends: ok failed
# ruff: noqa
import socket
import sys

socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", int(sys.argv[3])))
