"""The peer in the bench: a plain Jinja script, which renders what a spec says and neither merges, splits nor checks.

Prints its own CPU time in milliseconds.
"""

import json
import sys
import time
from pathlib import Path

from jinja2 import Template

SECRETS = Template(
    """{% for s in secrets %}{% if s.owner.kind == "terraform" %}
resource "aws_secretsmanager_secret" "{{ s.owner.variable }}" {
  name        = "{{ s.name }}"
  description = "{{ s.description }}"
}

resource "aws_secretsmanager_secret_version" "{{ s.owner.variable }}_value" {
  secret_id     = aws_secretsmanager_secret.{{ s.owner.variable }}.id
  secret_string = var.{{ s.owner.variable }}
}

variable "{{ s.owner.variable }}" {
  type      = string
  sensitive = true
}
{% endif %}{% endfor %}"""
)
POLICIES = Template(
    """{% for h in handlers %}
resource "aws_iam_role" "{{ h.name }}" {
  name = "{{ h.name }}"
}

resource "aws_iam_role_policy" "{{ h.name }}" {
  role = aws_iam_role.{{ h.name }}.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{% for g in h.grants %}
      {
        Effect   = "Allow"
        Action   = [{% for v in g.verbs %}"secretsmanager:{{ v }}", {% endfor %}]
        Resource = ["${local.secret_arn}:{{ names[g.secret] }}"]
      },{% endfor %}
    ]
  })
}
{% endfor %}"""
)

path = Path(sys.argv[1])
spec = json.loads(path.read_text())
names = {secret["id"]: secret["name"] for secret in spec["secrets"]}
out = path.with_suffix(".jinja")
out.mkdir(exist_ok=True)
(out / "secrets.tf").write_text(SECRETS.render(secrets=spec["secrets"]))
(out / "iam.tf").write_text(POLICIES.render(handlers=spec["handlers"], names=names))
print(time.process_time() * 1e3)
