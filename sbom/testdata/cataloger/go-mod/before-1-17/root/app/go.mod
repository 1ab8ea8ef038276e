module example.org/acme/server

go 1.16

require example.org/acme/codec v1.2.0
