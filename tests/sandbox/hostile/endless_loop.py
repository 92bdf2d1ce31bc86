# ends: time
while True:
    pass
