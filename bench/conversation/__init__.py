"""Follow-up questions of a drawn world, in a conversation and standing alone: how often the answers agree."""
