"""The link to a board: ports, frames in flight, and streams that survive an unplug."""

from tinycl.link.client import BoardClient, connect
from tinycl.link.messages import Info, Progress, Refused
from tinycl.link.ports import Port, find_port, list_ports
from tinycl.link.session import predict_all, stream_experience
from tinycl.link.transport import open_transport

__all__ = [
    "BoardClient",
    "Info",
    "Port",
    "Progress",
    "Refused",
    "connect",
    "find_port",
    "list_ports",
    "open_transport",
    "predict_all",
    "stream_experience",
]
