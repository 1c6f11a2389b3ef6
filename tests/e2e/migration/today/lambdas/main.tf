# The functions, with the keys that Terraform puts into their environment.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "role_arns" {
  type = map(string)
}

variable "jwt_secret" {
  type      = string
  sensitive = true
}

variable "google_oauth_client_id" {
  type      = string
  sensitive = true
}

variable "gemini_api_key" {
  type      = string
  sensitive = true
}

variable "jev_api_key" {
  type      = string
  sensitive = true
}

locals {
  values = {
    JWT_SECRET             = var.jwt_secret
    GOOGLE_OAUTH_CLIENT_ID = var.google_oauth_client_id
    GEMINI_API_KEY         = var.gemini_api_key
    JEV_API_KEY            = var.jev_api_key
  }

  functions = {
    gmail_store_tokens                 = { role = "Gmail-Store-Tokens-Lambda-Role", keys = ["JWT_SECRET", "GOOGLE_OAUTH_CLIENT_ID"] }
    fetch_invoices                     = { role = "Wallenstam-Lambda-Role", keys = ["JWT_SECRET", "GOOGLE_OAUTH_CLIENT_ID"] }
    fetch_latest_invoice               = { role = "Wallenstam-Lambda-Role", keys = ["JWT_SECRET", "GOOGLE_OAUTH_CLIENT_ID"] }
    fetch_retail_invoices              = { role = "Fetch-Retail-Invoices_Lambda_Role", keys = ["JWT_SECRET", "GOOGLE_OAUTH_CLIENT_ID"] }
    fetch_and_classify_retail_invoices = { role = "Fetch-And-Classify-Retail-Invoices_Lambda_Role", keys = ["GOOGLE_OAUTH_CLIENT_ID", "GEMINI_API_KEY", "JEV_API_KEY"] }
    get_user_profile                   = { role = "get_user_profile_lambda_role", keys = ["JWT_SECRET"] }
    delete_user                        = { role = "delete_user_lambda_role", keys = ["JWT_SECRET"] }
    login_user                         = { role = "Wallenstam-Lambda-Role", keys = ["JWT_SECRET"] }
    signup_user                        = { role = "Signup-Lambda-Role", keys = ["JWT_SECRET"] }
    get_rental_invoice                 = { role = "get_rental_invoice_lambda_role", keys = ["JWT_SECRET"] }
    get_invoices                       = { role = "get_invoices_lambda_role", keys = ["JWT_SECRET"] }
    create_manual_invoice              = { role = "create_manual_invoice_lambda_role", keys = ["JWT_SECRET"] }
    delete_retail_invoice              = { role = "delete_retail_invoice_lambda_role", keys = ["JWT_SECRET"] }
    parse_retail_invoice               = { role = "parse_retail_invoice_lambda_role", keys = ["GEMINI_API_KEY"] }
    parse_invoice                      = { role = "Wallenstam-Lambda-Role", keys = [] }
    send_invoice_notification          = { role = "Wallenstam-Lambda-Role", keys = [] }
  }
}

resource "aws_lambda_function" "function" {
  for_each = local.functions

  function_name = each.key
  handler       = "main.lambda_handler"
  runtime       = "python3.12"
  role          = var.role_arns[each.value.role]
  filename      = "${path.module}/function.zip"

  environment {
    variables = merge({ REGION = "eu-west-1" }, { for key in each.value.keys : key => local.values[key] })
  }
}

output "function_names" {
  value = keys(aws_lambda_function.function)
}
