variable "aws_region" {
  type    = string
  default = "eu-west-1"
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
