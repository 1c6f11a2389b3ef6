# Somebody's root, which calls PayPulse's Terraform as a module.

provider "aws" {
  region = "eu-west-1"
}

variable "google_oauth_client_id" {
  type      = string
  sensitive = true
}

module "secrets" {
  source = "./secrets"

  google_oauth_client_id = var.google_oauth_client_id
}

output "role_arns" {
  value = module.secrets.role_arns
}

output "secret_arns" {
  value = module.secrets.secret_arns
}
