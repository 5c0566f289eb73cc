# docker/ as it is here: the machine fetches it when it starts.
resource "google_storage_bucket" "deployment" {
  #checkov:skip=CKV_GCP_62:files of this repository, read by one machine
  name          = "${var.project}-${var.name}"
  location      = local.region
  force_destroy = true

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }
  lifecycle_rule {
    condition {
      num_newer_versions = 5
    }
    action {
      type = "Delete"
    }
  }
}

locals {
  docker = "${path.module}/../../docker"
  # By name: a password or .env of this machine must not go along.
  files = setunion([
    for pattern in ["compose*.yaml", "dagster*.yaml", "workspace.yaml", "pgbouncer.ini", "secrets.sh", "monitoring/**"] :
    fileset(local.docker, pattern)
  ]...)
}

resource "google_storage_bucket_object" "files" {
  for_each = local.files

  bucket         = google_storage_bucket.deployment.name
  name           = "docker/${each.key}"
  source         = "${local.docker}/${each.key}"
  source_md5hash = filemd5("${local.docker}/${each.key}")
}

# Made anew in every run of Terraform and written only where password_version changed: in no state, plan or output.
ephemeral "random_password" "database" {
  length = 32
  # It stands in URLs and in pgbouncer's users.txt.
  special = false
}

resource "google_secret_manager_secret" "database" {
  secret_id = "${var.name}-database"

  replication {
    user_managed {
      replicas {
        location = local.region
      }
    }
  }

  depends_on = [module.ground]
}

resource "google_secret_manager_secret_version" "database" {
  secret                 = google_secret_manager_secret.database.id
  secret_data_wo         = ephemeral.random_password.database.result
  secret_data_wo_version = var.password_version
}
