mock_provider "google" {}

variables {
  project = "greenhouse-features"
}

run "nothing_has_a_public_address" {
  command = plan

  assert {
    condition = (
      google_container_cluster.platform.private_cluster_config[0].enable_private_nodes &&
      google_container_cluster.platform.private_cluster_config[0].enable_private_endpoint
    )
    error_message = "Nodes and control plane have private addresses alone."
  }

  assert {
    condition     = google_sql_database_instance.platform.settings[0].ip_configuration[0].ipv4_enabled == false
    error_message = "The database has a private address alone."
  }

  assert {
    condition     = length(google_compute_global_address.ui) == 0 && output.ui == null
    error_message = "Without ui_domain there is no address for the UI."
  }

  assert {
    condition = (
      google_storage_bucket.data.public_access_prevention == "enforced" &&
      google_storage_bucket.data.uniform_bucket_level_access &&
      google_storage_bucket.data.versioning[0].enabled
    )
    error_message = "The bucket is private and keeps older versions."
  }
}

run "cloud_sql_gets_no_flag_that_it_does_not_have" {
  command = plan

  assert {
    condition = (
      google_sql_database_instance.platform.database_version == "POSTGRES_16" &&
      alltrue([for flag in google_sql_database_instance.platform.settings[0].database_flags : !strcontains(flag.name, "timescaledb")])
    )
    error_message = "Cloud SQL has no TimescaleDB."
  }
}

run "the_way_to_the_ui" {
  command = plan

  variables {
    ui_domain  = "features.example.com"
    ui_members = ["group:growers@example.com"]
  }

  assert {
    condition = (
      length(google_compute_global_address.ui) == 1 &&
      google_compute_managed_ssl_certificate.ui[0].managed[0].domains == tolist(["features.example.com"]) &&
      [for member in google_iap_web_iam_member.ui : "${member.role} ${member.member}"] == ["roles/iap.httpsResourceAccessor group:growers@example.com"]
    )
    error_message = "An address, a certificate and those who may pass."
  }
}

run "a_budget_only_with_an_account" {
  command = plan

  variables {
    billing_account = "012345-6789AB-CDEF01"
    alert_emails    = ["oncall@example.com"]
  }

  assert {
    condition = (
      length(google_billing_budget.month) == 1 &&
      google_billing_budget.month[0].amount[0].specified_amount[0].units == "1000" &&
      length(google_monitoring_notification_channel.mail) == 1
    )
    error_message = "A budget and one channel."
  }
}

run "a_password_for_each_user_and_a_reader_for_each_operator" {
  command = plan

  variables {
    database_users = ["platform", "features_owner"]
    operators      = ["group:data@example.com", "user:ada@example.com"]
  }

  assert {
    condition = (
      output.password_secrets == { platform = "feature-platform-database-platform", features_owner = "feature-platform-database-features-owner" } &&
      length(google_secret_manager_secret_iam_member.operators) == 4
    )
    error_message = "Two secrets, and each operator may read both."
  }

  # Write-only: what is planned to be kept holds no password.
  assert {
    condition = alltrue(concat(
      [for user in google_sql_user.users : user.password == null],
      [for version in google_secret_manager_secret_version.database : version.secret_data == null],
    ))
    error_message = "A password stands in the state."
  }
}
