# reason: limit
# wall: 1
def triple(x):
    while True:
        pass
