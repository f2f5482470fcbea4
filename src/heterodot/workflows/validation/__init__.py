"""What each level may be believed for: its numbers beside those of experiments and of others.

A quantity says what is compared and how a level is asked for it; the campaign asks every level and
keeps what it answers, the report writes it down.
"""
