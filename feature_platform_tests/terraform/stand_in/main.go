// A stand-in for a Terraform provider where the provider registry cannot be reached: it has the real provider's schema
// (schema.json beside it, see provider_schema.py), so that `terraform validate` and `terraform test` with mocks really
// run. It makes nothing: Terraform's mocks answer for its resources.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type attribute struct {
	Type     any  `json:"type"`
	Required bool `json:"required"`
	Computed bool `json:"computed"`
}

type nested struct {
	Nesting string `json:"nesting"`
	Min     int64  `json:"min"`
	Max     int64  `json:"max"`
	Block   block  `json:"block"`
}

type block struct {
	Attributes map[string]attribute `json:"attributes"`
	Blocks     map[string]nested    `json:"blocks"`
}

type schemas struct {
	Provider  block            `json:"provider"`
	Resource  map[string]block `json:"resource"`
	Data      map[string]block `json:"data"`
	Ephemeral map[string]block `json:"ephemeral"`
}

var simple = map[string]tftypes.Type{
	"string": tftypes.String, "number": tftypes.Number, "bool": tftypes.Bool, "dynamic": tftypes.DynamicPseudoType,
}

var nesting = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
}

func typeOf(written any) tftypes.Type {
	if name, plain := written.(string); plain {
		return simple[name]
	}
	pair := written.([]any)
	element := simple[pair[1].(string)]
	switch pair[0] {
	case "set":
		return tftypes.Set{ElementType: element}
	case "map":
		return tftypes.Map{ElementType: element}
	}
	return tftypes.List{ElementType: element}
}

func schemaOf(from block) *tfprotov5.Schema { return &tfprotov5.Schema{Block: blockOf(from)} }

func blockOf(from block) *tfprotov5.SchemaBlock {
	result := &tfprotov5.SchemaBlock{}
	for name, one := range from.Attributes {
		result.Attributes = append(result.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: typeOf(one.Type), Required: one.Required, Optional: !one.Required && !one.Computed,
			// Terraform wants an id of every resource, given or not.
			Computed:  one.Computed || (name == "id" && !one.Required),
			WriteOnly: strings.HasSuffix(name, "_wo"),
		})
	}
	for name, one := range from.Blocks {
		result.BlockTypes = append(result.BlockTypes, &tfprotov5.SchemaNestedBlock{
			TypeName: name, Nesting: nesting[one.Nesting], MinItems: one.Min, MaxItems: one.Max, Block: blockOf(one.Block),
		})
	}
	sort.Slice(result.Attributes, func(a, b int) bool { return result.Attributes[a].Name < result.Attributes[b].Name })
	sort.Slice(result.BlockTypes, func(a, b int) bool { return result.BlockTypes[a].TypeName < result.BlockTypes[b].TypeName })
	return result
}

func allOf(from map[string]block) map[string]*tfprotov5.Schema {
	result := map[string]*tfprotov5.Schema{}
	for name, one := range from {
		result[name] = schemaOf(one)
	}
	return result
}

// The embedded interface is nil: what is not here must not be asked for.
type provider struct {
	tfprotov5.ProviderServer
	schemas schemas
}

func (p provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		Provider:                 schemaOf(p.schemas.Provider),
		ResourceSchemas:          allOf(p.schemas.Resource),
		DataSourceSchemas:        allOf(p.schemas.Data),
		EphemeralResourceSchemas: allOf(p.schemas.Ephemeral),
		ServerCapabilities:       &tfprotov5.ServerCapabilities{GetProviderSchemaOptional: true},
	}, nil
}

func (p provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p provider) PrepareProviderConfig(_ context.Context, asked *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: asked.Config}, nil
}

func (p provider) ConfigureProvider(context.Context, *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	return &tfprotov5.ConfigureProviderResponse{}, nil
}

func (p provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func (p provider) ValidateResourceTypeConfig(context.Context, *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	return &tfprotov5.ValidateResourceTypeConfigResponse{}, nil
}

func (p provider) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

func (p provider) ValidateEphemeralResourceConfig(context.Context, *tfprotov5.ValidateEphemeralResourceConfigRequest) (*tfprotov5.ValidateEphemeralResourceConfigResponse, error) {
	return &tfprotov5.ValidateEphemeralResourceConfigResponse{}, nil
}

// OpenEphemeralResource is random_password: what it is given, and a random `result`. Terraform cannot mock it.
func (p provider) OpenEphemeralResource(_ context.Context, asked *tfprotov5.OpenEphemeralResourceRequest) (*tfprotov5.OpenEphemeralResourceResponse, error) {
	kind := schemaOf(p.schemas.Ephemeral[asked.TypeName]).ValueType()
	config, err := asked.Config.Unmarshal(kind)
	if err != nil {
		return nil, err
	}
	values := map[string]tftypes.Value{}
	if err := config.As(&values); err != nil {
		return nil, err
	}
	values["result"] = tftypes.NewValue(tftypes.String, rand.Text()+rand.Text())
	values["id"] = tftypes.NewValue(tftypes.String, "none")
	values["bcrypt_hash"] = tftypes.NewValue(tftypes.String, "none")
	result, err := tfprotov5.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	return &tfprotov5.OpenEphemeralResourceResponse{Result: &result}, err
}

func (p provider) CloseEphemeralResource(context.Context, *tfprotov5.CloseEphemeralResourceRequest) (*tfprotov5.CloseEphemeralResourceResponse, error) {
	return &tfprotov5.CloseEphemeralResourceResponse{}, nil
}

func main() {
	executable, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(executable), "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	served := provider{}
	if err := json.Unmarshal(text, &served.schemas); err != nil {
		log.Fatal(err)
	}
	if err := tf5server.Serve("stand-in", func() tfprotov5.ProviderServer { return served }); err != nil {
		log.Fatal(err)
	}
}
