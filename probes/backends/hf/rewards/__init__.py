"""Rewards of replies: texts as reward models read them, their head, and what rewards come to."""
