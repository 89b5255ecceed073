"""Hybrid retrieval: one ranked list of segments for each signal, fused into one list.

In: an embedded query and a library. Out: fused matches and the evidence of every candidate segment (`hybrid_search`).
`retrieve_candidates` calls the method of each signal (`dense`, `lexical`), `metadata` adds the words around the videos,
`reranking` reads the best again. Leaves out thresholds and chances (`search.scoring`) and bounds (`search.moments`).
"""
