# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/acme/cloud" {
  version     = "5.72.1"
  constraints = ">= 5.0.0, ~> 5.72"
  hashes = [
    "h1:jhd5O5o0CfZCNEwwN0EiDAzb7ApuFrtxJqa6HXW4EKE=",
    "zh:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d",
    "zh:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
  ]
}

provider "registry.opentofu.org/acme/dns" {
  version = "1.0.0-beta1"
}
