local name = "acme-socket"
local revision = "2"
package = name
version = "0.4-" .. revision
dependencies = {"lua"}
