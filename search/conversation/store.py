"""ConversationStore: the conversations that a service remembers, each by an id that cannot be guessed."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from indexer.errors import ConversationUnknownError
from search.conversation.conversation import Conversation

MOST = 500
"""Remembered at once; the one that rested longest is forgotten first."""
IDLE_SECONDS = 3600.0
"""Without a question, after which a conversation is forgotten."""


class ConversationStore:
    """Conversations by id. Safe from several threads."""

    def __init__(
        self, *, most: int = MOST, idle_seconds: float = IDLE_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._idle_seconds, self._clock = most, idle_seconds, clock
        self._kept: OrderedDict[str, tuple[Conversation, float]] = OrderedDict()
        """In the order of their last questions, with the time of it."""
        self._lock = threading.Lock()

    def add(self, conversation: Conversation) -> str:
        """Remembers a conversation; its id."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._forget()
            self._kept[name] = (conversation, self._clock())
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return name

    def find(self, name: str) -> Conversation:
        """The conversation of an id, which is now remembered anew.

        Raises:
            ConversationUnknownError: there is none, or it was forgotten.
        """
        with self._lock:
            self._forget()
            found = self._kept.get(name)
            if found is None:
                raise ConversationUnknownError(
                    "no conversation has this id: they end after an hour without a question, or when the service stops;"
                    " ask without `conversation` to start one"
                )
            self._kept[name] = (found[0], self._clock())
            self._kept.move_to_end(name)
            return found[0]

    def _forget(self) -> None:
        oldest = self._clock() - self._idle_seconds
        while self._kept and next(iter(self._kept.values()))[1] < oldest:
            self._kept.popitem(last=False)
