variable "project" {
  description = "Id of an existing project with billing."
  type        = string
}

variable "name" {
  description = "What everything here is named after; two deployments in one project want two."
  type        = string
  default     = "feature-platform"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,17}$", var.name))
    error_message = "name: 3 to 18 lower-case letters, digits and dashes, a letter first: service accounts allow no more."
  }
}

variable "region" {
  description = "Where everything is. A100s are not in every region: see gpu_zones."
  type        = string
  default     = "europe-west4"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region: such as europe-west4, without a zone's letter."
  }
}

variable "regional" {
  description = "Three control planes, one a zone, rather than one; the first zonal cluster of a billing account costs no fee."
  type        = bool
  default     = false
}

variable "zones" {
  description = "Zones of the system and CPU nodes; a zonal cluster's control plane is in the first."
  type        = list(string)
  default     = ["europe-west4-a", "europe-west4-b"]

  validation {
    condition     = length(var.zones) > 0 && alltrue([for zone in var.zones : startswith(zone, "${var.region}-")])
    error_message = "zones: at least one, each in the region ${var.region}, such as ${var.region}-a."
  }
}

variable "gpu_zones" {
  description = "Zones of the GPU nodes, those that have an A100: gcloud compute accelerator-types list --filter=name=nvidia-tesla-a100"
  type        = list(string)
  default     = ["europe-west4-a", "europe-west4-b"]

  validation {
    condition     = length(var.gpu_zones) > 0 && alltrue([for zone in var.gpu_zones : startswith(zone, "${var.region}-")])
    error_message = "gpu_zones: at least one, each in the region ${var.region}, such as ${var.region}-a."
  }
}

variable "runs" {
  description = "Runs at once by compute class: the queue's limits, and what the pools may grow to."
  type = object({
    cpu         = optional(number, 16)
    gpu         = optional(number, 4)
    cpu_highmem = optional(number, 2)
  })
  default = {}

  validation {
    condition     = alltrue([for count in values(var.runs) : count >= 1 && count <= 64 && floor(count) == count])
    error_message = "runs: whole numbers from 1 to 64 for each class; a pool without runs costs nothing, and the network has addresses for 256 nodes."
  }
}

variable "spot" {
  description = "Spot nodes first. Without them each pool is its on-demand fallback alone."
  type        = bool
  default     = true
}

variable "on_demand_share" {
  description = "How much of each class's runs on-demand nodes may take when there are no spot nodes: 0 makes runs wait."
  type        = number
  default     = 0.5

  validation {
    condition     = var.on_demand_share >= 0 && var.on_demand_share <= 1
    error_message = "on_demand_share: from 0 (never) to 1 (all of them)."
  }

  validation {
    condition     = var.spot || var.on_demand_share > 0
    error_message = "on_demand_share: above 0 without spot nodes, or there would be no nodes at all."
  }
}

variable "control_plane_networks" {
  description = "Networks that may reach the control plane's private address, by a name for each; kubectl needs none, see docs/cluster.md."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for network in values(var.control_plane_networks) : can(cidrhost(network, 0)) && network != "0.0.0.0/0"])
    error_message = "control_plane_networks: each a network such as 10.8.0.0/24, and never 0.0.0.0/0."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of both charts."
  type        = string
  default     = "feature-platform"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace: 1 to 63 lower-case letters, digits and dashes."
  }
}

variable "image_tag" {
  description = "Tag of the images, before -cpu, -gpu and -pgbouncer."
  type        = string
  default     = "0.1.0"
}

variable "operators" {
  description = "Who pushes images, reads the passwords and uses kubectl: members such as group:data@example.com."
  type        = set(string)
  default     = []
}

variable "deletion_protection" {
  description = "Refuse to destroy the cluster, the database and a bucket with data in it; see docs/cluster.md before setting it to false."
  type        = bool
  default     = true
}
