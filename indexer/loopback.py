"""Whether a host is this machine alone. Pure."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine alone; of names only `localhost` does."""
    if host.casefold().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
