module example.org/acme/server

go 1.22

toolchain go1.23.6

require (
	example.org/acme/codec v1.2.0
	example.org/acme/log v0.4.0 // indirect
	example.org/acme/old v1.0.0
	"example.org/acme/quoted" v1.1.0
	// example.org/acme/commented v1.0.0
)

require example.org/acme/local v0.0.0

replace (
	example.org/acme/log v0.4.0 => example.org/fork/log v0.4.1
	example.org/acme/local => ../local
)

exclude example.org/acme/old v1.0.0

retract [v1.0.0, v1.0.3]

tool example.org/acme/codec/cmd/gen
