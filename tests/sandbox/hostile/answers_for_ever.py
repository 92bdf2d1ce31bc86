# reason: limit unreadable raises broken fails a test
def triple(x):
    return list(range(10**9))
