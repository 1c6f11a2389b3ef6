# Two environments of the bakery, side by side in one account.

provider "aws" {
  region = "eu-west-1"
}

locals {
  stages = toset(["dev/", "staging/eu-"])
}

resource "aws_kms_key" "tills" {}

resource "aws_kms_alias" "tills" {
  name          = "alias/tills"
  target_key_id = aws_kms_key.tills.key_id
}

# What both environments are given for the handler whose role exists already.
resource "aws_iam_role" "closing" {
  name = "closing"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

module "bakery" {
  source   = "./bakery"
  for_each = local.stages

  stage             = each.key
  oven_key          = "the oven of ${each.key}"
  oven_key_arn      = aws_kms_key.tills.arn
  close_branch_role = aws_iam_role.closing.name

  depends_on = [aws_kms_alias.tills]
}

output "role_arns" {
  value = { for stage, bakery in module.bakery : stage => bakery.role_arns }
}

output "handler_environments" {
  value = { for stage, bakery in module.bakery : stage => bakery.handler_environments }
}
