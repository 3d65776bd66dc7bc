"""Articles: everybody reads what is published, editors write, and change what is theirs."""
