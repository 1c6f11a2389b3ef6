"""The part of the common layer's errors that the functions catch by name."""


class SecretsManagerError(Exception):
    """AWS refused a call, or the tokens could not be read."""
