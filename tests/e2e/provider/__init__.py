"""A stand-in for the Terraform provider hashicorp/aws.

The end-to-end tests apply the rendered Terraform to an AWS-compatible server on loopback. Where the Terraform
registry is out of reach, this package takes the place of the real provider: Terraform starts it as a plugin, it speaks
the plugin protocol through PyPI's `tf`, takes every argument's facts from `tests/data/aws-provider-schema.json`, and
makes the real API calls with boto3.

It is registered in a filesystem mirror, as an executable at

    MIRROR/registry.terraform.io/hashicorp/aws/VERSION/OS_ARCH/terraform-provider-aws_vVERSION

with VERSION the `provider_version` of the schema file and OS_ARCH such as `linux_amd64`. The executable is a script of
two lines:

    #!/bin/sh
    PYTHONPATH=REPOSITORY/tests/e2e exec PYTHON -m provider

and the file that TF_CLI_CONFIG_FILE names sends Terraform there:

    provider_installation {
      filesystem_mirror { path = "MIRROR" }
    }

The environment says the rest: AWS_ENDPOINT_URL (loopback alone is taken), AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
AWS_REGION where the provider block has no region. `tf` keeps the key of its connection to Terraform in
HOME/.cache/tf-python-provider, and its socket in TMPDIR, whose path has to be short.
"""
