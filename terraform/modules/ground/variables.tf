variable "project" {
  description = "Id of an existing project with billing."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project: an id such as greenhouse-features (6 to 30 lower-case letters, digits and dashes), not a name or a number."
  }
}

variable "name" {
  description = "What everything is named after."
  type        = string
}

variable "region" {
  description = "Where everything is."
  type        = string
}

variable "services" {
  description = "Google's services that a deployment wants besides those of this module, each without .googleapis.com."
  type        = set(string)
}

variable "subnetwork" {
  description = "The one network of machines: its addresses, and those of pods and services by name."
  type = object({
    name      = string
    addresses = string
    secondary = optional(map(string), {})
  })
}

variable "machines" {
  description = "The account of the machines, by an id and what it is of, and what it may do in the project."
  type = object({
    id    = string
    label = string
    roles = set(string)
  })
}

variable "operators" {
  description = "Who pushes images: members such as group:data@example.com."
  type        = set(string)

  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|group|serviceAccount|principal|principalSet):.+", member))])
    error_message = "operators: members such as group:data@example.com or user:ada@example.com; allUsers is none."
  }
}

variable "image_tag" {
  description = "Tag of the images, before what each is of, such as -cpu."
  type        = string

  validation {
    condition     = var.image_tag != "latest" && can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$", var.image_tag))
    error_message = "image_tag: a version such as 0.1.0; latest would change under running eras."
  }
}
