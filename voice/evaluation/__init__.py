"""Measures hearing: characters, sounds and domain words wrong, by accent and voice, each part switched on in turn."""
