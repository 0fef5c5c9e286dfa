//go:build tools

// Package tools pins the Pulumi command that scripts/pulumiCommand.mjs builds
// where no other Pulumi can be had.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
