"""Reads one secret with boto3, configured by the environment."""

import time

START = time.perf_counter()

import boto3  # noqa: E402  (its import is part of the start)

answer = boto3.client("secretsmanager").get_secret_value(SecretId="PayPulseAppJWTSecret")
elapsed = (time.perf_counter() - START) * 1e3
print(f"{len(answer['SecretString'])} bytes, after {elapsed:.2f} ms")
