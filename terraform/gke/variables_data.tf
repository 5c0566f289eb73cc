variable "database_tier" {
  description = "Cloud SQL's machine: the catalogue and Dagster's storages need little, a feature store of many eras more."
  type        = string
  default     = "db-custom-2-8192"

  validation {
    condition     = can(regex("^db-(custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+)$", var.database_tier))
    error_message = "database_tier: db-custom-CPUS-MIB such as db-custom-2-8192; shared-core machines have no promised CPU."
  }
}

variable "database_available" {
  description = "A second database machine in another zone, which takes over within minutes and doubles the price."
  type        = bool
  default     = false
}

variable "database_users" {
  description = "Users of the database, each with a generated password. platform is Dagster's and the catalogue's; features_owner would own a feature store."
  type        = set(string)
  default     = ["platform"]

  validation {
    condition     = contains(var.database_users, "platform") && alltrue([for user in var.database_users : can(regex("^[a-z][a-z0-9_]{0,30}$", user))])
    error_message = "database_users: platform must be among them; each a name of lower-case letters, digits and underscores."
  }
}

variable "password_version" {
  description = "One more makes all passwords anew, in the database and in Secret Manager."
  type        = number
  default     = 1

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version: a whole number, 1 or more; only ever raise it."
  }
}

variable "keep_deleted_days" {
  description = "How long the bucket keeps what was deleted or replaced, and the database its backups."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_deleted_days >= 7 && var.keep_deleted_days <= 90
    error_message = "keep_deleted_days: 7 to 90; a mistake wants days to be noticed, and what is kept is paid."
  }
}
