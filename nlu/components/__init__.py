"""Components of the Rasa server (3.10): tokens, sounds, entities, the gateway's channel and the tracker store."""
