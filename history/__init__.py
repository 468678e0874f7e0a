"""What happened: contacts, their legs and recordings, in SQL for good.

Live state belongs to Redis; a contact's row lands here when it is over. This room knows nothing of
telephony: it takes frozen rows (`history.rows`) and gives them back.
"""
