"""A vision-language model on this machine, through transformers: prompts in, replies or JSON of a schema out.

One file for each family of models (`families`) says how frames and their times are written into a prompt. Leaves out
finding the weights (`indexer.models.weights`) and writing the prompts.
"""
