# The same secrets, arranged otherwise: all in one list, those of users and the one that was made by hand among them.

variable "google_oauth_client_id" {
  type      = string
  sensitive = true
}

locals {
  values = {
    client = { name = "Google-OAuth-Client-ID", value = var.google_oauth_client_id }
    jwt    = { name = "PayPulseAppJWTSecret", value = "signs" }
    "u/7"  = { name = "gmail/user/seven", value = "{}" }
  }
}

resource "aws_secretsmanager_secret" "all" {
  for_each = local.values

  name        = each.value.name
  description = each.key == "client" ? "Google OAuth client ID for Gmail API access via iOS app." : null
}

resource "aws_secretsmanager_secret_version" "all" {
  for_each = local.values

  secret_id     = aws_secretsmanager_secret.all[each.key].arn
  secret_string = each.value.value
}

resource "aws_iam_role" "login" {
  count = 1

  name = "login_user"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "login" {
  name   = "login_user-secrets"
  role   = aws_iam_role.login[0].id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "secretsmanager:*", Resource = "*" }] })
}
