"""The specs that the generator and its peer are measured on.

Half of the secrets are single ones, the other half families. Roles get the secrets in turn. Within a role the grants alternate, two by
two, between reading and writing; a grant that writes a family may also create and delete its members.
"""

import json

# What the peer calls an operation, and the verb of a spec.
VERBS = {"read": "read", "write": "update", "create": "store", "delete": "delete"}


def name(number):
    kind = "family" if number % 2 else "static"
    return f"app/{kind}-{number // 2}" + ("/*" if number % 2 else "")


def operations(secret, role, place):
    if (place // 2 + role) % 2 == 0:
        return ["read"]
    return ["read", "write", "create", "delete"] if secret % 2 else ["read", "write"]


def write_both(secrets, roles, grants, spec_path, peer_path):
    """Writes the same workload as a spec and in the form that the peer reads."""
    dealt = [
        [(secret, operations(secret, role, place)) for place in range(grants) for secret in [(role * grants + place) % secrets]]
        for role in range(roles)
    ]
    peer = {
        "secrets": [{"name": name(n), "kind": "family" if n % 2 else "static"} for n in range(secrets)],
        "roles": [
            {"name": f"role-{n}", "grants": [{"secret": name(secret), "ops": ops} for secret, ops in of_role]}
            for n, of_role in enumerate(dealt)
        ],
    }
    spec = {
        "version": 1,
        "source": "workload.json",
        "secrets": [secret_of_spec(n) for n in range(secrets)],
        "handlers": [handler_of_spec(n, of_role) for n, of_role in enumerate(dealt)],
    }
    for path, content in [(spec_path, spec), (peer_path, peer)]:
        with open(path, "w") as file:
            json.dump(content, file, separators=(",", ":"))


def identifier(secret):
    return ("Family" if secret % 2 else "Static") + str(secret // 2)


def secret_of_spec(number):
    return {
        "id": identifier(number),
        "name": name(number).replace("*", "{member}"),
        "payload": {"kind": "text"},
        "owner": {"kind": "runtime"},
        "description": "Measured.",
    }


def handler_of_spec(number, grants):
    grants = [{"secret": identifier(secret), "verbs": [VERBS[op] for op in ops]} for secret, ops in grants]
    return {"id": f"Role{number}", "name": f"role-{number}", "role": {"kind": "created"}, "grants": grants}
