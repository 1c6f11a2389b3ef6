# Written by hand: the provider, for this directory as a root. Everything else here is generated from the spec.
#
# No backend is configured here, so that nothing binds this code to one account: add one in a file of your
# own beside this one.

variable "aws_region" {
  description = "AWS region of the secrets and of the functions that use them."
  type        = string
  default     = "eu-west-1"
  nullable    = false
}

provider "aws" {
  region = var.aws_region
}
