"""The names that PayPulse's functions import from the common layer, with the calls of `gmail_tokens.py`."""

import gmail_tokens
from utils.exceptions import SecretsManagerError


def raised_here(call, *arguments):
    """The functions catch the layer's own error."""
    try:
        return call(*arguments)
    except gmail_tokens.SecretsManagerError as error:
        raise SecretsManagerError(str(error)) from error.__cause__


def store_oauth_tokens(user_id, access_token, refresh_token, expires_in, scope, region, google_user_info=None):
    info = google_user_info or {}
    raised_here(gmail_tokens.store, user_id, access_token, refresh_token, expires_in, scope, info)


def get_oauth_tokens(user_id, region):
    return raised_here(gmail_tokens.get, user_id)


def update_oauth_tokens(user_id, access_token, refresh_token, expires_in, region):
    raised_here(gmail_tokens.update, user_id, access_token, refresh_token, expires_in)


def delete_oauth_tokens(user_id, region):
    raised_here(gmail_tokens.delete, user_id)


def delete_email_credentials(secrets_manager, user_id):
    """What `delete_user` calls, from the time of passwords: for tokens it is the same secret."""
    secrets_manager.delete_secret(SecretId=f"gmail/user/{user_id}", ForceDeleteWithoutRecovery=True)
