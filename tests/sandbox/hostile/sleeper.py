# ends: time
# wall: 0.5
import time

time.sleep(600)
