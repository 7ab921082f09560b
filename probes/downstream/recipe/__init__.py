"""What a paper did downstream: how it trained, what it reported, and how each element is known."""
