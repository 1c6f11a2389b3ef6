"""Serves the provider to the Terraform that started this process."""

import tf.provider
from tf.gen import tfplugin_pb2_grpc
from tf.runner import run_provider

from provider import messages
from provider.servicer import Servicer


def main() -> None:
    """Hands `tf` this package's servicer: its own knows no write-only attributes, and it takes none as a parameter."""
    tf.provider.ProviderServicer = Servicer
    tfplugin_pb2_grpc.add_ProviderServicer_to_server = messages.add_servicer
    run_provider(None)


if __name__ == "__main__":
    main()
