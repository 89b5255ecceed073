"""A vision-language model on a server that speaks OpenAI's protocol: vLLM, SGLang, llama.cpp, Ollama, any hosted API.

Frames leave this process as JPEG pictures with their times in words. Nothing but loopback is used without consent.
"""
