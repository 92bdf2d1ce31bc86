# ends: failed
import socket

print("HARM", socket.getaddrinfo("example.org", 80))
