"""The law of outbound calls as code: pure, every rule a function of values, time one of them.

    decision = permitted(call, known, law, now_ms)

`law.py` has the rules, `ask.py` what they are asked about, `evidence.py` what they answer. Each
module besides has the rules of one kind; `permitting.py` brings them together.
"""
