# What PayPulse's own Terraform has, as far as it concerns secrets, roles and functions: written from the facts in
# docs/migration.md. Tables, buckets, the API and the layers are left out.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = var.aws_region
}

module "iam" {
  source = "./iam"

  google_oauth_client_id_secret_arn = aws_secretsmanager_secret.google_oauth_client_id.arn
  jwt_secret_arn                    = data.aws_secretsmanager_secret.jwt_secret.arn
}

module "lambdas" {
  source = "./lambdas"

  role_arns              = module.iam.role_arns
  jwt_secret             = data.aws_secretsmanager_secret_version.jwt_secret_version.secret_string
  google_oauth_client_id = var.google_oauth_client_id
  gemini_api_key         = var.gemini_api_key
  jev_api_key            = var.jev_api_key
}
