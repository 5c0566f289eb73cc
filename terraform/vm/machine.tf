# Everything that lasts: Docker's images and volumes, so PostgreSQL, frames and features. It outlives the machine.
resource "google_compute_disk" "data" {
  #checkov:skip=CKV_GCP_37:Google's own keys encrypt it; a key of one's own would be one more thing to lose the data by
  name = "${var.name}-data"
  zone = var.zone
  type = "pd-ssd"
  size = var.data_disk_gb

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [module.ground]
}

resource "google_compute_resource_policy" "snapshots" {
  name   = "${var.name}-data"
  region = local.region

  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = "03:00"
      }
    }
    retention_policy {
      max_retention_days    = 14
      on_source_disk_delete = "KEEP_AUTO_SNAPSHOTS"
    }
  }
}

resource "google_compute_disk_resource_policy_attachment" "snapshots" {
  name = google_compute_resource_policy.snapshots.name
  disk = google_compute_disk.data.name
  zone = var.zone
}

resource "google_compute_instance" "machine" {
  #checkov:skip=CKV_GCP_38:Google's own keys encrypt the disks; a key of one's own would be one more thing to lose the data by
  name = var.name
  zone = var.zone
  # Its four GPUs are those of docker/dagster.gpu.yaml.
  machine_type        = "a2-highgpu-4g"
  desired_status      = var.running ? "RUNNING" : "TERMINATED"
  deletion_protection = var.deletion_protection

  boot_disk {
    initialize_params {
      # Canonical signs the GPU's driver, so that it loads under secure boot; Debian's would be built on the machine.
      image = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"
      size  = 50
      type  = "pd-balanced"
    }
  }
  attached_disk {
    source      = google_compute_disk.data.id
    device_name = "data"
  }

  network_interface {
    subnetwork = module.ground.subnetwork
  }

  scheduling {
    provisioning_model  = var.spot ? "SPOT" : "STANDARD"
    preemptible         = var.spot
    automatic_restart   = !var.spot
    on_host_maintenance = "TERMINATE"
    # Its disks stay, and so does what the runs had finished.
    instance_termination_action = var.spot ? "STOP" : null
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  service_account {
    email  = module.ground.machines.email
    scopes = ["cloud-platform"]
  }

  metadata = {
    # In metadata_startup_script a change of it would make the machine anew.
    startup-script         = file("${path.module}/startup.sh")
    enable-oslogin         = "TRUE"
    block-project-ssh-keys = "TRUE"
    serial-port-enable     = "FALSE"
    # What startup.sh reads.
    platform-bucket = google_storage_bucket.deployment.name
    platform-secret = google_secret_manager_secret.database.secret_id
    platform-compose = join(" ", concat(
      ["--file compose.yaml --file compose.gpu.yaml"],
      var.monitoring ? ["--file compose.monitoring.yaml --profile gpu --profile grafana"] : [],
    ))
    platform-environment = join("\n", [
      for name, value in merge(
        var.sizes,
        {
          IMAGE           = module.ground.images["cpu"]
          GPU_IMAGE       = module.ground.images["gpu"]
          PGBOUNCER_IMAGE = module.ground.images["pgbouncer"]
        },
        var.monitoring ? {
          MONITORING_IMAGE = module.ground.images["monitoring"]
          EXPORTER_HOME    = "./dagster.gpu.yaml"
        } : {},
      ) : "${name}=${value}"
    ])
  }
  labels = local.labels

  # Read when the machine starts.
  depends_on = [
    google_storage_bucket_object.files,
    google_secret_manager_secret_version.database,
    google_secret_manager_secret_iam_member.machine,
    google_storage_bucket_iam_member.machine,
    module.ground,
  ]
}
