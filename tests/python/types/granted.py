"""Every line is granted, and has the type that is said: type checkers accept this file."""

from typing import Optional

from paypulse_secrets import (
    DeleteUser,
    FetchInvoices,
    Found,
    GmailStoreTokens,
    GmailUserTokens,
    GoogleOauthClientId,
    OauthTokens,
    UserId,
)
from warehouse import CourierLogin, Login, RotateLogins, RotationEvent


def work(fetch: FetchInvoices, store: GmailStoreTokens, delete: DeleteUser) -> None:
    user = GmailUserTokens(UserId("user_1"))
    token: str = fetch.read(user).value.access_token
    client_id: str = fetch.cached(GoogleOauthClientId()).value.expose()
    record = fetch.get_tokens(user)
    expired: bool = record.is_expired
    fetch.update_tokens(user, token, 3600, refreshed_from=record)

    def change(found: Found[OauthTokens]) -> Optional[OauthTokens]:
        return found.value

    outcome: str = fetch.update(user, change).outcome
    account: str = store.store_tokens(user, record.tokens).change
    was_there: bool = delete.delete(user)
    print(client_id, expired, outcome, account, was_there)


class AtCourier:
    def create(self, current: Optional[Login]) -> Login:
        return Login(username=current.username if current else "shop", password="made up")

    def set(self, current: Optional[Login], pending: Login) -> None:
        print(current, pending)

    def test(self, pending: Login) -> None:
        print(pending)


def rotate(secrets: RotateLogins, event: object) -> None:
    outcome: str = secrets.rotate(CourierLogin(), RotationEvent.parse(event), AtCourier())
    print(outcome)
