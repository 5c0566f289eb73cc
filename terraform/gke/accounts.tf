# Of pods that read and write frames and features: the bucket and nothing else.
resource "google_service_account" "data" {
  account_id   = "${var.name}-data"
  display_name = "Reads and writes the bucket of ${var.name}"
}

resource "google_storage_bucket_iam_member" "data" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = google_service_account.data.member
}

# The accounts that deploy/ makes in the namespace. Webserver and daemon are not among them: they touch no data.
resource "google_service_account_iam_member" "workloads" {
  for_each = toset(["feature-platform-code", "feature-platform-runs", "feature-platform-exporter"])

  service_account_id = google_service_account.data.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${google_container_cluster.platform.workload_identity_config[0].workload_pool}[${var.namespace}/${each.key}]"
}

# People and pipelines that install the charts.
resource "google_project_iam_member" "operators" {
  for_each = var.operators

  project = var.project
  role    = "roles/container.developer"
  member  = each.key
}
