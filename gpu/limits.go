package gpu

// Limits are the bounds of WebGPU that are relevant to compute programs.
type Limits struct {
	MaxBufferSize                     uint64 `json:"maxBufferSize"`
	MaxStorageBufferBindingSize       uint64 `json:"maxStorageBufferBindingSize"`
	MaxUniformBufferBindingSize       uint64 `json:"maxUniformBufferBindingSize"`
	MaxStorageBuffersPerShaderStage   uint32 `json:"maxStorageBuffersPerShaderStage"`
	MaxUniformBuffersPerShaderStage   uint32 `json:"maxUniformBuffersPerShaderStage"`
	MinStorageBufferOffsetAlignment   uint32 `json:"minStorageBufferOffsetAlignment"`
	MinUniformBufferOffsetAlignment   uint32 `json:"minUniformBufferOffsetAlignment"`
	MaxComputeWorkgroupStorageSize    uint32 `json:"maxComputeWorkgroupStorageSize"`
	MaxComputeInvocationsPerWorkgroup uint32 `json:"maxComputeInvocationsPerWorkgroup"`
	MaxComputeWorkgroupSizeX          uint32 `json:"maxComputeWorkgroupSizeX"`
	MaxComputeWorkgroupSizeY          uint32 `json:"maxComputeWorkgroupSizeY"`
	MaxComputeWorkgroupSizeZ          uint32 `json:"maxComputeWorkgroupSizeZ"`
	MaxComputeWorkgroupsPerDimension  uint32 `json:"maxComputeWorkgroupsPerDimension"`
}

// Portable are the limits that every WebGPU implementation grants.
var Portable = Limits{
	MaxBufferSize:                     256 << 20,
	MaxStorageBufferBindingSize:       128 << 20,
	MaxUniformBufferBindingSize:       64 << 10,
	MaxStorageBuffersPerShaderStage:   8,
	MaxUniformBuffersPerShaderStage:   12,
	MinStorageBufferOffsetAlignment:   256,
	MinUniformBufferOffsetAlignment:   256,
	MaxComputeWorkgroupStorageSize:    16 << 10,
	MaxComputeInvocationsPerWorkgroup: 256,
	MaxComputeWorkgroupSizeX:          256,
	MaxComputeWorkgroupSizeY:          256,
	MaxComputeWorkgroupSizeZ:          64,
	MaxComputeWorkgroupsPerDimension:  65535,
}

// Limit is one of the Limits with its WebGPU name.
type Limit struct {
	Name  string
	Value uint64
}

// List returns the limits under their WebGPU names, for tables.
func (l Limits) List() []Limit {
	return []Limit{
		{"maxBufferSize", l.MaxBufferSize},
		{"maxStorageBufferBindingSize", l.MaxStorageBufferBindingSize},
		{"maxUniformBufferBindingSize", l.MaxUniformBufferBindingSize},
		{"maxStorageBuffersPerShaderStage", uint64(l.MaxStorageBuffersPerShaderStage)},
		{"maxUniformBuffersPerShaderStage", uint64(l.MaxUniformBuffersPerShaderStage)},
		{"minStorageBufferOffsetAlignment", uint64(l.MinStorageBufferOffsetAlignment)},
		{"minUniformBufferOffsetAlignment", uint64(l.MinUniformBufferOffsetAlignment)},
		{"maxComputeWorkgroupStorageSize", uint64(l.MaxComputeWorkgroupStorageSize)},
		{"maxComputeInvocationsPerWorkgroup", uint64(l.MaxComputeInvocationsPerWorkgroup)},
		{"maxComputeWorkgroupSizeX", uint64(l.MaxComputeWorkgroupSizeX)},
		{"maxComputeWorkgroupSizeY", uint64(l.MaxComputeWorkgroupSizeY)},
		{"maxComputeWorkgroupSizeZ", uint64(l.MaxComputeWorkgroupSizeZ)},
		{"maxComputeWorkgroupsPerDimension", uint64(l.MaxComputeWorkgroupsPerDimension)},
	}
}
