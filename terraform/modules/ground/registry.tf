resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:Google's own keys encrypt it; images hold no secret
  repository_id = var.name
  location      = var.region
  format        = "DOCKER"
  description   = "Images of ${var.name}: tags such as -cpu, -gpu and -pgbouncer of one version"

  docker_config {
    immutable_tags = true
  }
  cleanup_policies {
    id     = "keep-ten-versions"
    action = "KEEP"
    most_recent_versions {
      keep_count = 30
    }
  }
  cleanup_policies {
    id     = "delete-older"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.needed]
}

# Of the machines: logs, metrics, and images of our own registry.
resource "google_service_account" "machines" {
  account_id   = var.machines.id
  display_name = var.machines.label
}

resource "google_project_iam_member" "machines" {
  for_each = var.machines.roles

  project = var.project
  role    = each.key
  member  = google_service_account.machines.member
}

resource "google_artifact_registry_repository_iam_member" "machines" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.machines.member
}

resource "google_artifact_registry_repository_iam_member" "operators" {
  for_each = var.operators

  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = each.key
}
