// A program with two modules linked in, of which one imports a third only for its tests.
package main

import (
	"fmt"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

func main() {
	out, _ := yaml.Marshal(map[string]string{"title": cases.Title(language.English).String("demo")})
	fmt.Print(string(out))
}
