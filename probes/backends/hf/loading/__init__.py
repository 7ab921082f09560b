"""Loading transformers checkpoints safely: hub and folder, adapter, architecture, device, memory.

Used by all backends of local models.
"""
