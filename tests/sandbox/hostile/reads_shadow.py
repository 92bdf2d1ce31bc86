# ends: failed
print("HARM", open("/etc/shadow").read())
