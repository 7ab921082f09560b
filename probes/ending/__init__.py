"""How a process is asked to end, wherever it is at work: by the command or by a program.

Knows no model, file or number.
"""
