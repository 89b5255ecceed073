"""On-screen text (OCR): frames in, texts with their spans and boxes out.

Only frames whose picture changed are read, and of those only the regions that changed; lines are then tracked from
frame to frame. Left out are decoding the frames (`indexer.decode`) and the order of the videos
(`indexer.pipeline.stages.screen_text_worker`).
"""
