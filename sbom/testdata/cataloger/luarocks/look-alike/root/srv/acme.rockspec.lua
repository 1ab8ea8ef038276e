package = "acme"
version = "1.0-1"
