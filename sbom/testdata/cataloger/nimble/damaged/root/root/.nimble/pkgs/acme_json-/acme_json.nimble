version = "0.5.1"
