provider "registry.terraform.io/acme/cloud" {
  version = "5.72.1"
}
