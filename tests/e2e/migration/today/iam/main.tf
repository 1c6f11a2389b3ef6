# The group of those who work on PayPulse, the role that five functions share, and those of one function each.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "google_oauth_client_id_secret_arn" {
  type = string
}

variable "jwt_secret_arn" {
  type = string
}

locals {
  trusts_lambda = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })

  # Each role, the name of its policy, and what that allows besides secrets.
  roles = {
    "Gmail-Store-Tokens-Lambda-Role"                 = { policy = "Gmail-Store-Tokens-Lambda-Policy", actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"] }
    "get_user_profile_lambda_role"                   = { policy = "Get-User-Profile-Lambda-Policy", actions = ["dynamodb:GetItem"] }
    "delete_user_lambda_role"                        = { policy = "Delete-User_Lambda_Policy", actions = ["dynamodb:Query", "dynamodb:DeleteItem", "dynamodb:Scan", "s3:ListBucket", "s3:DeleteObject"] }
    "Signup-Lambda-Role"                             = { policy = "Signup-Lambda-Policy", actions = ["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query", "s3:PutObject"] }
    "Login-Lambda-Role"                              = { policy = "Login-Lambda-Policy", actions = ["dynamodb:GetItem", "dynamodb:Query"] }
    "get_rental_invoice_lambda_role"                 = { policy = "Get-Rental-Invoice-Lambda-Policy", actions = ["dynamodb:Query"] }
    "get_invoices_lambda_role"                       = { policy = "Get-Invoices-Lambda-Policy", actions = ["dynamodb:Query", "dynamodb:GetItem"] }
    "Fetch-Retail-Invoices_Lambda_Role"              = { policy = "Fetch-Retail-Invoices_Lambda_Policy", actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem", "s3:PutObject", "s3:GetObject"] }
    "Fetch-And-Classify-Retail-Invoices_Lambda_Role" = { policy = "Fetch-And-Classify-Retail-Invoices_Lambda_Policy", actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "s3:PutObject", "s3:GetObject"] }
    "parse_retail_invoice_lambda_role"               = { policy = "Parse-Retail-Invoice_Lambda_Policy", actions = ["dynamodb:PutItem", "dynamodb:GetItem", "s3:GetObject"] }
    "create_manual_invoice_lambda_role"              = { policy = "Create-Manual-Invoice_Lambda_Policy", actions = ["dynamodb:PutItem"] }
    "delete_retail_invoice_lambda_role"              = { policy = "Delete-Retail-Invoice-Lambda-Policy", actions = ["dynamodb:Query", "dynamodb:DeleteItem", "s3:DeleteObject"] }
  }
}

resource "aws_iam_group" "wallenstam_group" {
  name = "Wallenstam"
}

resource "aws_iam_group_policy_attachment" "wallenstam_group_policies" {
  for_each = toset([
    "arn:aws:iam::aws:policy/AWSLambda_FullAccess",
    "arn:aws:iam::aws:policy/IAMFullAccess",
    "arn:aws:iam::aws:policy/SecretsManagerReadWrite",
  ])

  group      = aws_iam_group.wallenstam_group.name
  policy_arn = each.value
}

resource "aws_iam_role" "wallenstam_lambda_role" {
  name               = "Wallenstam-Lambda-Role"
  assume_role_policy = local.trusts_lambda
}

resource "aws_iam_role_policy_attachment" "lambda_role_policies" {
  for_each = toset([
    "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess",
    "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    "arn:aws:iam::aws:policy/AmazonSNSFullAccess",
    "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess",
    "arn:aws:iam::aws:policy/SecretsManagerReadWrite",
  ])

  role       = aws_iam_role.wallenstam_lambda_role.name
  policy_arn = each.value
}

resource "aws_iam_role" "function" {
  for_each = local.roles

  name               = each.key
  assume_role_policy = local.trusts_lambda
}

resource "aws_iam_policy" "function" {
  for_each = local.roles

  name = each.value.policy
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Effect = "Allow", Action = each.value.actions, Resource = ["*"] }],
      lookup(local.secret_statements, each.key, []),
    )
  })
}

resource "aws_iam_role_policy_attachment" "function" {
  for_each = local.roles

  role       = aws_iam_role.function[each.key].name
  policy_arn = aws_iam_policy.function[each.key].arn
}

resource "aws_iam_role_policy_attachment" "logs" {
  for_each = toset([
    "Gmail-Store-Tokens-Lambda-Role",
    "get_user_profile_lambda_role",
    "delete_user_lambda_role",
    "get_rental_invoice_lambda_role",
    "get_invoices_lambda_role",
    "parse_retail_invoice_lambda_role",
    "create_manual_invoice_lambda_role",
    "delete_retail_invoice_lambda_role",
  ])

  role       = aws_iam_role.function[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

output "role_arns" {
  value = merge(
    { "Wallenstam-Lambda-Role" = aws_iam_role.wallenstam_lambda_role.arn },
    { for name, role in aws_iam_role.function : name => role.arn },
  )
}
