"""The generated client and its peers, each with one cache: the same five things of each."""

import json

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_secretsmanager_caching import SecretCache, SecretCacheConfig
from botocore.config import Config
from paypulse_secrets import CachePolicy, FetchInvoices, GmailUserTokens, GoogleOauthClientId, UserId

TEXT = "Google-OAuth-Client-ID"
BUNDLE = "gmail/user/somebody"
#: The seconds that a value lives.
LIFE = 1.0
#: The seconds after its life that the generated client hands a value out in an outage.
STALE = 2.0


def boto3_client(url):
    return boto3.client(
        "secretsmanager",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(max_pool_connections=64, retries={"mode": "standard", "total_max_attempts": 3}),
    )


class Generated:
    name = "this client"

    def __init__(self, url, life):
        policy = CachePolicy(ttl=life, stale_if_error=STALE)
        self.secrets = FetchInvoices(boto3_client(url), environ={}, cache=policy)
        self.user, self.client_id = GmailUserTokens(UserId("somebody")), GoogleOauthClientId()

    def text(self):
        return self.secrets.cached(self.client_id).value.expose()

    def parsed(self):
        return self.secrets.cached(self.user).value.access_token

    def write(self, access_token):
        self.secrets.update(self.user, lambda found: found.value.with_changes(access_token=access_token))


class Caching:
    name = "aws_secretsmanager_caching 1.2"

    def __init__(self, url, life):
        self.client = boto3_client(url)
        self.cache = SecretCache(SecretCacheConfig(secret_refresh_interval=int(life)), self.client)

    def text(self):
        return self.cache.get_secret_string(TEXT)

    def parsed(self):
        return json.loads(self.cache.get_secret_string(BUNDLE))["access_token"]

    def write(self, access_token):
        text = json.dumps({**json.loads(self.cache.get_secret_string(BUNDLE)), "access_token": access_token})
        self.client.put_secret_value(SecretId=BUNDLE, SecretString=text)


class Powertools:
    name = "Powertools for Python 3.37"

    def __init__(self, url, life):
        self.life = life
        self.provider = SecretsProvider(boto3_client=boto3_client(url))

    def text(self):
        return self.provider.get(TEXT, max_age=self.life)

    def parsed(self):
        return self.provider.get(BUNDLE, max_age=self.life, transform="json")["access_token"]

    def write(self, access_token):
        self.provider.set(BUNDLE, {**self.provider.get(BUNDLE, transform="json"), "access_token": access_token})


ALL = [Generated, Caching, Powertools]
