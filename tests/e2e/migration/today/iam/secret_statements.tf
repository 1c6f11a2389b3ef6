# What the hand-written policies allow on secrets.

locals {
  members = "arn:aws:secretsmanager:*:*:secret:gmail/user/*"

  secret_statements = {
    "Gmail-Store-Tokens-Lambda-Role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:CreateSecret", "secretsmanager:UpdateSecret", "secretsmanager:PutSecretValue", "secretsmanager:GetSecretValue"]
      Resource = [local.members, var.google_oauth_client_id_secret_arn]
    }]
    "get_user_profile_lambda_role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [local.members]
    }]
    "delete_user_lambda_role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:DeleteSecret"]
      Resource = ["*"]
    }]
    "Signup-Lambda-Role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"]
      Resource = ["*"]
    }]
    "Login-Lambda-Role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.jwt_secret_arn]
    }]
    "Fetch-Retail-Invoices_Lambda_Role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret"]
      Resource = [local.members]
    }]
    "Fetch-And-Classify-Retail-Invoices_Lambda_Role" = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret"]
        Resource = [local.members]
      },
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = ["arn:aws:secretsmanager:*:*:secret:jev/api-key*", "arn:aws:secretsmanager:*:*:secret:gemini-api-key*"]
      },
    ]
    "parse_retail_invoice_lambda_role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:*:*:secret:gemini-api-key*"]
    }]
    "create_manual_invoice_lambda_role" = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:*:*:secret:JWT-Secret*"]
    }]
  }
}
