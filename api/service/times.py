"""Points in time as the service tells them."""

import time


def rfc3339(seconds: float) -> str:
    """From seconds since 1970, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
