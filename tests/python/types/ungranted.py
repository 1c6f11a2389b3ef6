"""No call is granted, or has the right type: type checkers report every line that ends in `# refused`, and no other."""

from paypulse_secrets import DeleteUser, FetchInvoices, GetUserProfile, GmailStoreTokens, GmailUserTokens, GoogleOauthClientId, UserId
from warehouse import CourierLogin, CustomsKey, Login, RotateLogins, RotationEvent, Sample


def work(fetch: FetchInvoices, store: GmailStoreTokens, delete: DeleteUser, profile: GetUserProfile) -> None:
    user = GmailUserTokens(UserId("user_1"))
    delete.get_tokens(user)  # refused
    delete.delete(GoogleOauthClientId())  # refused
    profile.read(user)  # refused
    store.read(GoogleOauthClientId())  # refused
    store.cached(GoogleOauthClientId())  # refused
    store.delete(user)  # refused
    fetch.store(user, fetch.read(user).value)  # refused
    fetch.update_tokens(GoogleOauthClientId(), "a", 1)  # refused
    fetch.refresh(user)  # refused
    GmailUserTokens("user_1")  # refused
    number: int = fetch.read(user).value.access_token  # refused
    print(number)


class AtCourier:
    """It has no `test`."""

    def create(self, current: object) -> Login:
        return Login(username="shop", password=str(current))

    def set(self, current: object, pending: Login) -> None:
        print(current, pending)


class WithTest(AtCourier):
    def test(self, pending: Login) -> None:
        print(pending)


def rotate(secrets: RotateLogins, sample: Sample, event: RotationEvent) -> None:
    sample.rotate(CourierLogin(), event, WithTest())  # refused
    secrets.rotate(CustomsKey(), event, WithTest())  # refused
    secrets.rotate(CourierLogin(), event, AtCourier())  # refused
    secrets.rotate(CourierLogin(), {"Step": "createSecret"}, WithTest())  # refused
    secrets.rotate(CourierLogin(), event, WithTest())
