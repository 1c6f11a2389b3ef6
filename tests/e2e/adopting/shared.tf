# A role that the other functions share, and that stays for now.

resource "aws_iam_role" "shared" {
  name = "paypulse-functions"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "shared" {
  role       = aws_iam_role.shared.name
  policy_arn = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"
}
