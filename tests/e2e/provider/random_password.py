"""The ephemeral resource aws_secretsmanager_random_password."""

from provider.planning import State
from provider.resource import DataSource

_ARGUMENTS = {
    "exclude_characters": "ExcludeCharacters",
    "exclude_lowercase": "ExcludeLowercase",
    "exclude_numbers": "ExcludeNumbers",
    "exclude_punctuation": "ExcludePunctuation",
    "exclude_uppercase": "ExcludeUppercase",
    "include_space": "IncludeSpace",
    "password_length": "PasswordLength",
    "require_each_included_type": "RequireEachIncludedType",
}


class RandomPassword(DataSource):
    """A value that is another one each time."""

    type_name = "aws_secretsmanager_random_password"
    noun = "Secrets Manager Random Password"
    service = "secretsmanager"

    def read(self, config: State) -> State:
        """AWS makes it and keeps nothing."""
        asked = {call: config[name] for name, call in _ARGUMENTS.items() if config[name] is not None}
        return {"random_password": self.api(config).get_random_password(**asked)["RandomPassword"]}
