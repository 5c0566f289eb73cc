mock_provider "google" {}

variables {
  project = "greenhouse-features"
}

run "names" {
  command = plan

  variables {
    name      = "a-name-that-is-far-too-long"
    namespace = "Feature_Platform"
  }

  expect_failures = [var.name, var.namespace]
}

run "places" {
  command = plan

  variables {
    region    = "europe-west4"
    zones     = ["europe-west1-b"]
    gpu_zones = []
  }

  expect_failures = [var.zones, var.gpu_zones]
}

run "numbers" {
  command = plan

  variables {
    runs              = { cpu = 0 }
    on_demand_share   = 1.5
    keep_deleted_days = 1
    password_version  = 0
    monthly_budget    = 0
  }

  expect_failures = [var.runs, var.on_demand_share, var.keep_deleted_days, var.password_version, var.monthly_budget]
}

run "no_nodes_at_all" {
  command = plan

  variables {
    spot            = false
    on_demand_share = 0
  }

  expect_failures = [var.on_demand_share]
}

run "everybody" {
  command = plan

  variables {
    control_plane_networks = { everybody = "0.0.0.0/0" }
    ui_members             = ["allAuthenticatedUsers"]
  }

  expect_failures = [var.control_plane_networks, var.ui_members]
}

run "the_rest" {
  command = plan

  variables {
    database_tier   = "db-f1-micro"
    database_users  = ["analyst"]
    ui_domain       = "https://features.example.com"
    billing_account = "my account"
    alert_emails    = ["oncall"]
  }

  expect_failures = [var.database_tier, var.database_users, var.ui_domain, var.billing_account, var.alert_emails]
}
