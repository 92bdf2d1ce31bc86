# ends: failed disk
# ruff: noqa
import os

os.truncate(os.open("sparse", os.O_CREAT | os.O_RDWR), 1 << 50)
print("HARM")
