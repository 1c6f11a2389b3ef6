"""Serves the provider to the Terraform that started this process."""

import tf.provider
from tf.runner import run_provider

from provider.servicer import Servicer


def main() -> None:
    """Hands `tf` this package's servicer: its own knows no write-only attributes, and it takes none as a parameter."""
    tf.provider.ProviderServicer = Servicer
    run_provider(None)


if __name__ == "__main__":
    main()
