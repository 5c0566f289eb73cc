# Dagster's storages, the catalogue and, if one is wanted, the feature store. TimescaleDB is not among Cloud SQL's
# extensions and has no flag here: the store then keeps plain partitioned tables, see docs/cluster.md.
resource "google_sql_database_instance" "platform" {
  #checkov:skip=CKV_GCP_6:TLS is asked for; client certificates are not, as there is a private network and a password
  #checkov:skip=CKV_GCP_79:16 is the version that the platform is meant for; a newer one is a change to try first
  #checkov:skip=CKV_GCP_108:hostnames cost a look-up for each connection, and pods have none
  #checkov:skip=CKV_GCP_111:the log would hold the passwords of CREATE ROLE
  #checkov:skip=CKV2_GCP_13:a line for each of the thousands of statements a run; query insights tell the slow ones
  name                = var.name
  region              = var.region
  database_version    = "POSTGRES_16"
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.database_tier
    edition                     = startswith(var.database_tier, "db-perf-optimized") ? "ENTERPRISE_PLUS" : "ENTERPRISE"
    availability_type           = var.database_available ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 20
    disk_autoresize             = true
    disk_autoresize_limit       = 500
    deletion_protection_enabled = var.deletion_protection
    user_labels                 = local.labels

    ip_configuration {
      ipv4_enabled    = false
      private_network = module.ground.network
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "02:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = var.keep_deleted_days
      }
    }
    maintenance_window {
      day          = 6
      hour         = 6
      update_track = "stable"
    }
    insights_config {
      query_insights_enabled = true
    }

    # Two pgbouncers with 25 connections each to each database, migrations and people.
    database_flags {
      name  = "max_connections"
      value = "200"
    }
    # What is logged of people and trouble; statements of thousands of runs are not.
    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }
    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }
    database_flags {
      name  = "log_connections"
      value = "on"
    }
    database_flags {
      name  = "log_disconnections"
      value = "on"
    }
    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }
    database_flags {
      name  = "log_min_messages"
      value = "error"
    }
    database_flags {
      name  = "log_temp_files"
      value = "0"
    }
  }

  depends_on = [google_service_networking_connection.services]
}

resource "google_sql_database" "platform" {
  name     = "platform"
  instance = google_sql_database_instance.platform.name
  # Tables belong to users that go with the instance.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "users" {
  for_each = var.database_users

  name                = each.key
  instance            = google_sql_database_instance.platform.name
  password_wo         = ephemeral.random_password.database[each.key].result
  password_wo_version = var.password_version
  deletion_policy     = "ABANDON"
}
