# Written by hand: the versions and the provider. Everything else in this directory is generated from the spec.
#
# No backend is configured here, so that nothing binds this code to one account: add one in a file of your
# own beside this one.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "aws_region" {
  description = "AWS region of the secrets and of the functions that use them."
  type        = string
  default     = "eu-west-1"
  nullable    = false
}

provider "aws" {
  region = var.aws_region
}
