name(acme).
