package = ("acme-calc"):lower()
version = ("%s-%d"):format("2.0.1", 3)
