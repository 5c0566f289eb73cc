mock_provider "google" {}

variables {
  project = "greenhouse-features"
}

run "the_only_way_in_is_the_tunnel" {
  command = plan

  assert {
    condition     = length(google_compute_instance.machine.network_interface[0].access_config) == 0
    error_message = "The machine has a public address."
  }

  assert {
    condition = (
      google_compute_firewall.tunnel.source_ranges == toset(["35.235.240.0/20"]) &&
      [for rule in google_compute_firewall.tunnel.allow : "${rule.protocol} ${join(" ", rule.ports)}"] == ["tcp 22"]
    )
    error_message = "Something else than SSH from Identity-Aware Proxy is let in."
  }

  assert {
    condition = (
      google_compute_instance.machine.metadata["enable-oslogin"] == "TRUE" &&
      google_compute_instance.machine.metadata["block-project-ssh-keys"] == "TRUE" &&
      google_compute_instance.machine.shielded_instance_config[0].enable_secure_boot
    )
    error_message = "OS Login and secure boot are on."
  }
}

run "on_demand_and_kept" {
  command = plan

  assert {
    condition = (
      google_compute_instance.machine.scheduling[0].provisioning_model == "STANDARD" &&
      google_compute_instance.machine.scheduling[0].automatic_restart &&
      google_compute_instance.machine.deletion_protection
    )
    error_message = "On demand by default, and protected."
  }

  # Composed files go along, what one machine wrote beside them does not.
  assert {
    condition = (
      length(setsubtract(
        ["compose.yaml", "compose.gpu.yaml", "dagster.yaml", "dagster.gpu.yaml", "workspace.yaml", "pgbouncer.ini", "secrets.sh"],
        keys(google_storage_bucket_object.files),
      )) == 0 &&
      alltrue([for name in keys(google_storage_bucket_object.files) : !startswith(name, "secrets/") && name != ".env"])
    )
    error_message = "docker/ goes to the bucket without its secrets."
  }

  assert {
    condition     = google_secret_manager_secret_version.database.secret_data == null
    error_message = "A password stands in the state."
  }
}

run "monitoring" {
  command = plan

  variables {
    monitoring = true
  }

  assert {
    condition = alltrue([
      for line in split("\n", google_compute_instance.machine.metadata["platform-environment"]) :
      strcontains(
        join("", [for name in ["compose.yaml", "compose.gpu.yaml", "compose.monitoring.yaml"] : file("../../docker/${name}")]),
        format("{%s:-", split("=", line)[0]),
      )
    ])
    error_message = "A line of .env that Compose's files do not read."
  }

  assert {
    condition = alltrue([
      for word in split(" ", google_compute_instance.machine.metadata["platform-compose"]) :
      !strcontains(word, ".") || contains(keys(google_storage_bucket_object.files), word)
    ])
    error_message = "A file that the machine is to start is not among those that it fetches."
  }

  assert {
    condition     = strcontains(google_compute_instance.machine.metadata["platform-compose"], "compose.monitoring.yaml") && contains(keys(output.images), "monitoring")
    error_message = "Monitoring is started, and its image asked for."
  }
}

run "spot" {
  command = plan

  variables {
    spot    = true
    running = false
  }

  assert {
    condition = (
      google_compute_instance.machine.scheduling[0].provisioning_model == "SPOT" &&
      google_compute_instance.machine.scheduling[0].preemptible &&
      google_compute_instance.machine.scheduling[0].automatic_restart == false &&
      google_compute_instance.machine.scheduling[0].instance_termination_action == "STOP" &&
      google_compute_instance.machine.desired_status == "TERMINATED"
    )
    error_message = "A spot machine stops when it is taken away, and can be off."
  }
}

run "bad_values" {
  command = plan

  variables {
    name             = "a-name-that-is-far-too-long"
    zone             = "europe-west4"
    data_disk_gb     = 10
    sizes            = { CPU_RUNS = "8; rm -rf /" }
    password_version = 0.5
  }

  expect_failures = [var.name, var.zone, var.data_disk_gb, var.sizes, var.password_version]
}
