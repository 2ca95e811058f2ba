"""Ways in: each channel turns what reaches it into an ``Inbound`` and shows the ``Turn`` that comes back."""
