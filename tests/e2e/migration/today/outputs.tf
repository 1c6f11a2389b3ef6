output "function_names" {
  value = module.lambdas.function_names
}
