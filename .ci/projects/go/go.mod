module example.com/demo

go 1.22

require (
	golang.org/x/text v0.14.0
	gopkg.in/yaml.v3 v3.0.1
)
