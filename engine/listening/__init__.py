"""Who has answered a call, asked on its channel: of Asterisk's AMD, or of our own detector.

Both are behind `listening.port.AnswerDetector`.
"""
