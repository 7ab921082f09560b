"""Rewards of replies: input texts of reward models, their head, and combining rewards of forms."""
