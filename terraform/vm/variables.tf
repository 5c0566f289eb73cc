variable "project" {
  description = "Id of an existing project with billing."
  type        = string
}

variable "name" {
  description = "What everything here is named after; two deployments in one project want two."
  type        = string
  default     = "feature-platform-vm"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "name: 3 to 21 lower-case letters, digits and dashes, a letter first: service accounts allow no more."
  }
}

variable "zone" {
  description = "A zone that has the machine type: gcloud compute machine-types list --filter=name=a2-highgpu-4g"
  type        = string
  default     = "europe-west4-a"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+-[a-z]$", var.zone))
    error_message = "zone: such as europe-west4-a, with its letter."
  }
}

variable "spot" {
  description = "A spot machine for less than half of the price. When it is taken away it stays off until someone starts it; runs are then retried."
  type        = bool
  default     = false
}

variable "running" {
  description = "Whether the machine is on: off it costs its disks alone."
  type        = bool
  default     = true
}

variable "data_disk_gb" {
  description = "Size of the disk with all data, which outlives the machine; it can grow and not shrink."
  type        = number
  default     = 1000

  validation {
    condition     = var.data_disk_gb >= 100 && var.data_disk_gb <= 65536
    error_message = "data_disk_gb: 100 to 65,536: images alone take tens of GB."
  }
}

variable "image_tag" {
  description = "Tag of the images, before -cpu, -gpu, -pgbouncer and -monitoring."
  type        = string
  default     = "0.1.0"
}

variable "monitoring" {
  description = "Start docker/compose.monitoring.yaml too: Prometheus, its exporters and Grafana. It wants the image -monitoring as well."
  type        = bool
  default     = false
}

variable "sizes" {
  description = "Lines of the file .env beside docker/compose.yaml: how many runs go at once, their threads and memory."
  type        = map(string)
  default = {
    CPU_RUNS               = "8"
    CPU_RUN_THREADS        = "4"
    CPU_RUN_MEMORY_MIB     = "16384"
    GPU_RUN_MEMORY_MIB     = "40960"
    HIGHMEM_RUN_MEMORY_MIB = "65536"
  }

  validation {
    condition     = alltrue([for name, value in var.sizes : can(regex("^[A-Z][A-Z0-9_]*$", name)) && can(regex("^[A-Za-z0-9._/:-]*$", value))])
    error_message = "sizes: names such as CPU_RUNS, and plain values without blanks or quotes; passwords do not belong here."
  }
}

variable "password_version" {
  description = "Which password is the newest in Secret Manager. PostgreSQL keeps the one that it was first started with, see docs/cluster.md."
  type        = number
  default     = 1

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version: a whole number, 1 or more."
  }
}

variable "operators" {
  description = "Who pushes images and reaches machine and UI through the tunnel: members such as group:data@example.com."
  type        = set(string)
  default     = []
}

variable "deletion_protection" {
  description = "Refuse to delete the machine. Its data disk is kept in any case, see docs/cluster.md."
  type        = bool
  default     = true
}
