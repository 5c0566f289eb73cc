# Root of frames and features. Files never change and the platform deletes none, so an older version is a mistake's.
resource "google_storage_bucket" "data" {
  #checkov:skip=CKV_GCP_62:access is in Cloud Audit Logs where the project has data access logs on; a log bucket is the older way
  name          = "${var.project}-${var.name}"
  location      = var.region
  storage_class = "STANDARD"
  force_destroy = !var.deletion_protection

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }
  soft_delete_policy {
    # Versions do the same, and both would be paid.
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = var.keep_deleted_days
    }
    action {
      type = "Delete"
    }
  }
  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }
  # Imports are read again only when eras are cut anew.
  lifecycle_rule {
    condition {
      age                   = 90
      matches_prefix        = ["source_readings/"]
      matches_storage_class = ["STANDARD"]
    }
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
  }
}
