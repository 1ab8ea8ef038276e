package = "acme-cut"
version = "1.0-1
