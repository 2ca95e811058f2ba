"""The gateway: channels, turns, sessions, the command line and the supervisor.

``turn.py`` runs a turn; ``channels/`` bring messages in; ``gateway.py`` puts the parts together; ``commands/`` is the
command line; ``supervisor/`` starts and watches all processes of the assistant.
"""
