# Somebody's root, which calls PayPulse's Terraform as a module.

provider "aws" {
  region = "eu-west-1"
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

module "secrets" {
  source = "./secrets"

  google_oauth_client_id = var.google_oauth_client_id
  gemini_api_key         = var.gemini_api_key
  jev_api_key            = var.jev_api_key
}

output "role_arns" {
  value = module.secrets.role_arns
}

output "secret_arns" {
  value = module.secrets.secret_arns
}
