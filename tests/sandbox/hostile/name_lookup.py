# ends: failed
# ruff: noqa
import socket

print("HARM", socket.getaddrinfo("example.org", 80))
