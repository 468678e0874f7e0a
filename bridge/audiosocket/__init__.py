"""AudioSocket: a call's audio and keys over one TCP connection to this machine.

`wire` reads its frames, `server` takes connections and knows them by their unique ids.
"""
