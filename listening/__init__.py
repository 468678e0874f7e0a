"""Who has answered a call: a person, a machine, a fax, a network's tones, nobody.

Pure: frames of audio in, verdicts out; time is what was heard. `Listener` is the detector, `port`
what the rest of the house asks, whoever answers it.
"""
