"""The bank's open API: the adapter protocol, our signed HTTP client, its description, and a sandbox bank."""
