# ends: failed
print("HARM" if input() else "")
input()
