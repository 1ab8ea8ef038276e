module example.org/acme/log

go 1.20

require example.org/acme/codec v1.1.0
