"""A class that answers together: rooms without accounts or names, their rounds, votes and tallies.

Nothing here knows a model or a page: a round is what is asked, what may be answered, and what the model says.
"""
