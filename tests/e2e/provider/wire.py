"""Values between this package and Terraform.

`tf` has a pair of functions for it, but its reader knows only the plain unknown value. Terraform also sends unknown
values with what it knows of them already, such as how a text will start, and they all are `Unknown` here.
"""

from typing import Any

import msgpack
from tf.gen import tfplugin_pb2 as pb
from tf.types import Unknown
from tf.utils import to_dynamic_value

write = to_dynamic_value


def read(value: pb.DynamicValue) -> Any:
    """The value in a message, None for a null object."""
    return msgpack.unpackb(value.msgpack, ext_hook=lambda _code, _data: Unknown) if value.msgpack else None
