"""Termination requests (signals) to a process that was started by the command or by a program.

Knows no model, file or number.
"""
