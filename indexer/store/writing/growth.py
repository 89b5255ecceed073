"""Growth of a library: it gets a picture model or a text model that it had none of. Its rows stay, without vectors."""

from indexer.store.database_errors import convert_errors
from indexer.store.maker_file import write_maker
from indexer.store.schema import Maker
from indexer.store.storage.protocol import Storage, WriterGuard
from indexer.store.tables import Tables
from indexer.store.writing.written_files import written_files


def add_models(storage: Storage, found: Maker, maker: Maker, lock: WriterGuard) -> Maker:
    """The library's maker, with the models of another where it had none. For a writer, who holds the lock.

    The columns come first and the maker file last: until it says so nothing reads them, and the next writer takes those
    that a kill left (`Tables.fit_vector_columns`).

    Args:
        found: made the library; `maker` differs from it by added models alone.
    """
    grown = found.with_models_of(maker)
    if grown != found:
        with convert_errors(storage.path, "adding a model"):
            written_files(storage, lock).begin()
            Tables(storage, found, to_write=True).fit_vector_columns(grown)
            write_maker(storage, grown)
    return grown
