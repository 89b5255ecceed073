"""What the service receives and sends, as typed records: the OpenAPI description is made from them.

A promise to programs, so they are apart from the records of `indexer` and `search`; `views` converts between the two.
"""
