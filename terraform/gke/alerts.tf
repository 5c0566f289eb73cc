resource "google_monitoring_notification_channel" "mail" {
  for_each = var.alert_emails

  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [module.ground]
}

locals {
  channels = [for channel in google_monitoring_notification_channel.mail : channel.id]

  # What Google measures; queue, runs and eras have alerts of their own in docker/monitoring/rules.yaml.
  alerts = {
    "database disk" = {
      metric = "cloudsql.googleapis.com/database/disk/utilization"
      above  = 0.85
      text   = "The disk grows by itself up to 500 GB. Remove old runs and replaced values, or raise disk_autoresize_limit."
    }
    "database CPU" = {
      metric = "cloudsql.googleapis.com/database/cpu/utilization"
      above  = 0.9
      text   = "Runs wait for the catalogue. Take a larger database_tier or lower runs."
    }
    "database memory" = {
      metric = "cloudsql.googleapis.com/database/memory/utilization"
      above  = 0.95
      text   = "PostgreSQL will be restarted when it runs out. Take a larger database_tier."
    }
  }
}

resource "google_monitoring_alert_policy" "database" {
  for_each = local.alerts

  display_name          = "${var.name}: ${each.key}"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = each.key
    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND resource.labels.database_id = \"${var.project}:${google_sql_database_instance.platform.name}\" AND metric.type = \"${each.value.metric}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "600s"
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MEAN"
      }
    }
  }
  documentation {
    content = each.value.text
  }
}

resource "google_billing_budget" "month" {
  count = var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = var.name

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }
  amount {
    specified_amount {
      units = tostring(floor(var.monthly_budget))
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }
  # Days before it happens.
  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }
  all_updates_rule {
    monitoring_notification_channels = local.channels
  }
}
