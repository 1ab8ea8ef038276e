// A registry in memory with the referrers API, which the library has and its own programs do not enable.
//
// GOBIN=<dir> go install . builds it; PLIMSOLL_REFERRERS_REGISTRY names it to the tests of the crate `registry`.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	port := flag.Int("port", 1338, "port to listen on, at localhost")
	flag.Parse()
	handler := registry.New(registry.WithReferrersSupport(true))
	log.Fatal(http.ListenAndServe(fmt.Sprintf("localhost:%d", *port), handler))
}
