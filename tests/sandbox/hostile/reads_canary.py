# ends: failed
import sys

print("HARM", open(sys.argv[2] + "/secret").read())
