// Check loads compose files as `docker compose` does, with every profile on, and prints the resolved project as JSON.
//
// Usage: check FILE... ; variables come from the environment alone. Exit status 1: the project is faulty, and standard
// error says why. It needs no daemon: this is the library that docker compose itself is built on.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	document, err := resolve(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(document)
}

// resolve returns the project as JSON, with extensions, anchors and variables resolved.
func resolve(files []string) ([]byte, error) {
	options, err := cli.NewProjectOptions(files, cli.WithOsEnv, cli.WithDefaultProfiles("*"))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project.MarshalJSON()
}
