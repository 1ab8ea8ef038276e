package = "acme-tool"
version = os.getenv("VERSION") or "scm-1"
