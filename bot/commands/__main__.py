"""``python -m bot.commands``: the command line without its installed name."""

from bot.commands import main

main()
