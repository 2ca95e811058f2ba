"""What concerns people rather than their errand: what is kept of them, a person who takes over, their verdict."""
