"""The peer: a script as a team writes one for itself, with one template and a statement for each grant. It checks nothing, merges
nothing and splits nothing.

    python3 plain_jinja.py WORKLOAD.json DIRECTORY
"""

import json
import sys
from pathlib import Path

import jinja2

ACTIONS = {
    "read": ["GetSecretValue", "DescribeSecret"],
    "write": ["PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage"],
    "create": ["CreateSecret"],
    "delete": ["DeleteSecret"],
}

workload, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
templates = jinja2.FileSystemLoader(Path(__file__).parent)
environment = jinja2.Environment(loader=templates, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
environment.filters["label"] = lambda text: text.replace("/", "_").replace("-", "_")
actions = {op: [f"secretsmanager:{action}" for action in names] for op, names in ACTIONS.items()}
kinds = {secret["name"]: secret["kind"] for secret in workload["secrets"]}
text = environment.get_template("main.tf.j2").render(**workload, actions=actions, kinds=kinds)
out.mkdir(exist_ok=True)
(out / "main.tf").write_text(text)
