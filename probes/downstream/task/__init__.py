"""Task files: read strictly, their texts, and what they are worth without a model."""
