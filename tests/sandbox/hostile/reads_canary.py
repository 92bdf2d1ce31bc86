# ends: failed
# ruff: noqa
import sys

print("HARM", open(sys.argv[2] + "/secret").read())
