# What the generated files use of the provider, and what roles and secrets that others wrote have besides.

variable "value" {
  type      = string
  ephemeral = true
  default   = "the value"
}

locals {
  nothing = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "*" }]
  })
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

output "region" {
  value = split(".", data.aws_region.current.endpoint)[1]
}

# A role with nothing in it, one with policies in itself, and the forms of attachment.
resource "aws_iam_role" "plain" {
  name               = "agree-plain"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "full" {
  name                = "agree-full"
  assume_role_policy  = local.trust
  description         = "A role with everything."
  managed_policy_arns = [aws_iam_policy.one.arn]
  tags                = { "team" = "stock" }

  inline_policy {
    name   = "inside"
    policy = local.nothing
  }
}

resource "aws_iam_policy" "one" {
  name   = "agree-one"
  policy = local.nothing
}

resource "aws_iam_policy" "two" {
  name        = "agree-two"
  description = "Another."
  policy      = local.nothing
}

resource "aws_iam_role_policy" "own" {
  name   = "own"
  role   = aws_iam_role.plain.name
  policy = local.nothing
}

resource "aws_iam_role_policy_attachment" "two" {
  role       = aws_iam_role.plain.name
  policy_arn = aws_iam_policy.two.arn
}

resource "aws_iam_role_policies_exclusive" "plain" {
  role_name    = aws_iam_role.plain.name
  policy_names = [aws_iam_role_policy.own.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "plain" {
  role_name   = aws_iam_role.plain.name
  policy_arns = [aws_iam_role_policy_attachment.two.policy_arn]
}

# A secret with nothing but a name, one with a policy, a key and a replica, and each way in which a value gets there.
resource "aws_secretsmanager_secret" "plain" {
  name = "agree/plain"
}

resource "aws_secretsmanager_secret" "full" {
  name                    = "agree/full"
  description             = "Everything."
  kms_key_id              = "alias/agree"
  recovery_window_in_days = 7
  tags                    = { "team" = "stock" }
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Action    = "secretsmanager:DeleteSecret"
      Principal = { AWS = "*" }
      Resource  = "*"
    }]
  })

  replica {
    region = "us-east-1"
  }
}

resource "aws_secretsmanager_secret_policy" "plain" {
  secret_arn          = aws_secretsmanager_secret.plain.arn
  block_public_policy = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "secretsmanager:GetSecretValue"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Resource  = "*"
    }]
  })
}

resource "aws_secretsmanager_secret_version" "in_state" {
  secret_id     = aws_secretsmanager_secret.plain.id
  secret_string = "in the state"
}

resource "aws_secretsmanager_secret_version" "write_only" {
  secret_id                = aws_secretsmanager_secret.full.id
  secret_string_wo         = var.value
  secret_string_wo_version = 1
  version_stages           = ["AWSCURRENT", "generated"]
}

ephemeral "aws_secretsmanager_random_password" "made" {
  password_length     = 24
  exclude_punctuation = true
}

# What exists, read.
data "aws_secretsmanager_secret" "old" {
  name = "agree/old"
}

data "aws_secretsmanager_secret_version" "old" {
  secret_id = data.aws_secretsmanager_secret.old.id
}
