rockspec_format = "3.0"
package = "Acme-HTTP"
version = "1.3.2-1"
source = {
   url = "git+https://git.example.org/acme/http.git",
   tag = "v1.3.2"
}
description = {
   summary = "Requests",
   detailed = [[
      "package" = is no assignment here
   ]],
   maintainer = 'Acme',
   license = "MIT/X11"
}
dependencies = {
   "lua >= 5.1, < 5.5",
   "acme-socket",
   -- "acme-gone",
}
build = {
   type = "builtin",
   modules = { ["acme.http"] = "src/http.lua" }
}
