module example.org/acme/server

go 1.21.4

require example.org/acme/codec

require example.org/acme/log v0.9.0

replace example.org/acme/log
