"""What a handler may do: the methods that it has, and what it says of the others."""

import paypulse_secrets as spec
import pytest
from paypulse_secrets.errors import AccessDeniedError, InvalidInputError, NotFoundError, NotGrantedError, OutdatedError

from conftest import client_as


def test_a_verb_that_no_secret_has_names_the_missing_grant(connect, user):
    with pytest.raises(NotGrantedError, match="add `GmailUserTokens: read;` to the handler `delete_user` in runtime/src/spec.rs"):
        connect(spec.DeleteUser).get_tokens(user)


def test_a_verb_on_another_secret_names_the_missing_grant(connect):
    with pytest.raises(NotGrantedError, match="GoogleOauthClientId: read;"):
        connect(spec.GmailStoreTokens).read(spec.GoogleOauthClientId())


def test_a_word_that_is_not_a_verb_is_an_attribute_error(connect):
    with pytest.raises(AttributeError, match="no attribute `refresh`"):
        connect(spec.DeleteUser).refresh


def test_an_ungranted_call_sends_nothing(user):
    class Nothing:
        def __getattr__(self, name):
            raise AssertionError(f"{name} was called")

    with pytest.raises(NotGrantedError):
        spec.DeleteUser(Nothing(), environ={}).cached(user)


@pytest.mark.parametrize("value", ["canary", {"access_token": "canary"}, spec.GoogleOauthClientId])
def test_a_value_of_another_class_is_not_sent(connect, administrator, user, value):
    store = connect(spec.GmailStoreTokens)
    for call in (lambda: store.store(user, value), lambda: store.store_with(user, lambda _: value)):
        with pytest.raises(InvalidInputError, match="the new value is not a `OauthTokens`") as caught:
            call()
        assert "canary" not in str(caught.value)
    with pytest.raises(administrator.exceptions.ResourceNotFoundException):
        administrator.get_secret_value(SecretId=user.name)


@pytest.mark.parametrize("key", ["", "a/b", "a b", "ü", "x" * 65, "a\n", "*", None, 5])
def test_a_key_that_could_change_the_name_is_refused_and_not_repeated(key):
    with pytest.raises(ValueError) as caught:
        spec.UserId(key)
    assert not key or str(key) not in str(caught.value) or len(str(key)) < 2


def test_a_denial_is_told_from_a_secret_that_is_not_there(user):
    with pytest.raises(AccessDeniedError):
        spec.FetchInvoices(client_as("login_user"), environ={}).read(user)
    with pytest.raises(NotFoundError):
        spec.FetchInvoices(client_as("fetch_invoices"), environ={}).read(user)


def test_the_fingerprint_that_was_applied_is_compared(caplog):
    applied = spec.DeleteUser.FINGERPRINTS[0].replace("delete", "read", 2)
    other = {"SECRETS_FINGERPRINT": "1:delete_user::=GmailUserTokens.read.da769a1a.b85011e8"}
    with pytest.raises(OutdatedError, match="`GmailUserTokens` is `delete` here, and `read` is applied"):
        spec.DeleteUser(object(), environ=other, refuse_other_infrastructure=True)
    spec.DeleteUser(object(), environ=other)
    assert "the grant on `GmailUserTokens`" in caplog.text
    for same in spec.DeleteUser.FINGERPRINTS:
        spec.DeleteUser(object(), environ={"SECRETS_FINGERPRINT": same}, refuse_other_infrastructure=True)
    for broken in ("", "1:", "x" * 5000, applied[:-1], "2" + applied[1:]):
        with pytest.raises(OutdatedError):
            spec.DeleteUser(object(), environ={"SECRETS_FINGERPRINT": broken}, refuse_other_infrastructure=True)
