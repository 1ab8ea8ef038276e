provider "registry.terraform.io/acme/unknown" {
  hashes = []
}
provider "registry.terraform.io/acme/cloud" {
  version = "5.7
