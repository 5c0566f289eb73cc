variable "ui_domain" {
  description = "Name under which the UI is to be reached through Identity-Aware Proxy; none for kubectl port-forward alone."
  type        = string
  default     = null

  validation {
    condition     = var.ui_domain == null || can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.ui_domain))
    error_message = "ui_domain: a name that you own such as features.example.com, without https://."
  }
}

variable "ui_members" {
  description = "Who may pass the proxy: members such as group:growers@example.com. Whoever passes may launch and delete."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.ui_members : can(regex("^(user|group|serviceAccount|domain):.+", member))])
    error_message = "ui_members: members such as group:growers@example.com; the UI has no login, so never allUsers."
  }
}

variable "billing_account" {
  description = "Billing account of the budget, such as 012345-6789AB-CDEF01; none for no budget."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account: three groups of six such as 012345-6789AB-CDEF01 (gcloud billing accounts list)."
  }
}

variable "monthly_budget" {
  description = "What the project may cost a month, in the billing account's currency. Mails are sent; nothing is stopped."
  type        = number
  default     = 1000

  validation {
    condition     = var.monthly_budget >= 1
    error_message = "monthly_budget: 1 or more, in the billing account's currency."
  }
}

variable "alert_emails" {
  description = "Who is told of the budget and of a database in trouble."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alert_emails: addresses such as oncall@example.com."
  }
}
